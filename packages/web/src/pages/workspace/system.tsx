import { useQuery } from "@tanstack/react-query";
import { Badge, ErrorNote, Loading, Panel } from "../../ui/index.ts";

interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; detail?: string }>;
}

const EVERY_MS = 5_000;

/** What the instance says of itself. */
export function SystemPage() {
  const readiness = useQuery({
    queryKey: ["readyz"],
    queryFn: async ({ signal }): Promise<Readiness> =>
      (await fetch("/readyz", { signal })).json() as Promise<Readiness>,
    refetchInterval: EVERY_MS,
  });
  if (readiness.isLoading) return <Loading />;
  if (readiness.data === undefined) return <ErrorNote error={readiness.error} />;
  return (
    <Panel
      title="This node"
      actions={readiness.data.ready ? <Badge tone="good">ready</Badge> : <Badge tone="bad">not ready</Badge>}
    >
      <dl className="divide-y">
        {Object.entries(readiness.data.checks).map(([name, check]) => (
          <div key={name} className="flex items-start gap-4 py-2 text-sm">
            <dt className="w-40 font-medium">{name.replaceAll("_", " ")}</dt>
            <dd className="min-w-0 flex-1 text-muted">{check.detail ?? ""}</dd>
            <dd>{check.ok ? <Badge tone="good">ok</Badge> : <Badge tone="bad">failing</Badge>}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
