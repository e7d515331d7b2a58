import type { CallReply } from "@millrace/client";
import { Badge, Empty, ErrorNote, Loading, Panel, Time, type Tone } from "../../ui/index.ts";
import { useSystem } from "./system-read.ts";

type System = CallReply<"getSystem">["data"];

const SLOW_SECONDS = 60;
const LITTLE_DISK_SHARE = 0.1;
const MS = 1_000;

/** How the instance is, for its operator. */
export function SystemPage() {
  const read = useSystem();
  if (read.isLoading) return <Loading />;
  if (read.data === undefined) return <ErrorNote error={read.error} onRetry={() => void read.refetch()} />;
  const system = read.data.data;
  return (
    <div className="flex flex-col gap-5">
      {read.error !== null && <ErrorNote error={read.error} />}
      <div className="grid gap-5 sm:grid-cols-2 lg:grid-cols-4">
        <QueueCard system={system} />
        <SandboxCard system={system} />
        <DiskCard disk={system.disk} />
        <Card
          title="Database"
          value={sizeText(system.database.size_bytes)}
          detail={`PostgreSQL ${system.database.version.split(" ")[0] ?? ""}, ${system.database.kind}`}
        />
      </div>
      <Nodes nodes={system.nodes} />
      <Parts system={system} />
    </div>
  );
}

function QueueCard({ system: { queue } }: { system: System }) {
  const waiting = queue.due + queue.in_lanes;
  const age = queue.oldest_wait_seconds;
  const isSlow = age !== null && age > SLOW_SECONDS;
  return (
    <Card
      title="Queue"
      value={`${waiting.toLocaleString()} waiting`}
      detail={`${queue.in_work.toLocaleString()} in work, ${queue.later.toLocaleString()} for later`}
      badge={
        age === null
          ? { tone: "good", text: "empty" }
          : { tone: isSlow ? "warn" : "plain", text: `oldest ${ageText(age)}` }
      }
    />
  );
}

function SandboxCard({ system: { sandbox } }: { system: System }) {
  const isStuck = sandbox.stuck > 0;
  return (
    <Card
      title="Sandbox"
      value={`${sandbox.running.toLocaleString()} running`}
      detail={`${sandbox.processes} processes${isStuck ? `, ${sandbox.stuck} stuck` : ""}`}
      badge={{ tone: sandbox.tier === "A" ? "good" : "warn", text: `tier ${sandbox.tier}` }}
    />
  );
}

function DiskCard({ disk }: { disk: System["disk"] }) {
  const share = disk.free_bytes / Math.max(1, disk.size_bytes);
  const isLow = share < LITTLE_DISK_SHARE;
  return (
    <Card
      title="Disk"
      value={`${sizeText(disk.free_bytes)} free`}
      detail={`of ${sizeText(disk.size_bytes)}, where the data directory lies`}
      badge={{ tone: isLow ? "bad" : "good", text: `${Math.round(share * 100)} % free` }}
    />
  );
}

interface CardProps {
  title: string;
  value: string;
  detail: string;
  badge?: { tone: Tone; text: string };
}

function Card({ title, value, detail, badge }: CardProps) {
  return (
    <section className="flex flex-col gap-1 rounded-lg border bg-panel p-4">
      <div className="flex min-h-6 items-center justify-between gap-2">
        <h2 className="text-xs text-muted">{title}</h2>
        {badge !== undefined && <Badge tone={badge.tone}>{badge.text}</Badge>}
      </div>
      <p className="text-lg font-semibold tabular-nums">{value}</p>
      <p className="text-xs text-muted">{detail}</p>
    </section>
  );
}

function Nodes({ nodes }: { nodes: System["nodes"] }) {
  if (nodes.length === 0) return <Empty title="No node has registered itself" />;
  return (
    <Panel title="Nodes">
      <ul className="-my-2 divide-y">
        {nodes.map((node) => (
          <li key={node.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3 text-sm">
            <span className="min-w-0 flex-1 basis-48">
              <span className="block truncate font-medium">{node.name}</span>
              <span className="block text-xs text-muted">{node.roles.join(", ")}</span>
            </span>
            <span className="text-xs text-muted">
              {node.version !== null && `${node.version}, `}
              {node.sandbox_tier !== null && `tier ${node.sandbox_tier}, `}
              started <Time atMs={node.started_at * MS} />
            </span>
            {node.answering && <Badge tone="info">answering you</Badge>}
            {node.connected ? <Badge tone="good">connected</Badge> : <LostSince seenAtMs={node.seen_at * MS} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function LostSince({ seenAtMs }: { seenAtMs: number }) {
  return (
    <Badge tone="bad">
      not connected, seen <Time atMs={seenAtMs} />
    </Badge>
  );
}

/** What does not change from one moment to the next. */
function Parts({ system }: { system: System }) {
  const { sandbox, search, mail, slots } = system;
  const facts = [
    ["Version", system.version],
    ["Up since", <Time key="up" atMs={Date.now() - system.uptime_seconds * MS} />],
    ["Deliveries at once", `${slots.in_use} of ${slots.in_use + slots.free} slots in use on the answering node`],
    ["Sandbox", sandbox.reasons.length === 0 ? `tier ${sandbox.tier}` : sandbox.reasons.join("; ")],
    ["Search model", search.model],
    ["Mail in", mail.inbound],
    ["Mail out", mail.outlet ?? "none is sent: MILLRACE_SMTP_URL is not set"],
  ] as const;
  return (
    <Panel title="This instance">
      <dl className="-my-2 divide-y">
        {facts.map(([name, value]) => (
          <div key={name} className="flex flex-col gap-x-4 py-2 text-sm sm:flex-row">
            <dt className="w-44 shrink-0 font-medium">{name}</dt>
            <dd className="min-w-0 flex-1 break-words text-muted">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

const SIZES = ["bytes", "KB", "MB", "GB", "TB"] as const;

function sizeText(bytes: number): string {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${SIZES[power] ?? ""}`;
}

function ageText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
