import { useRead } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { durationText, ErrorNote, Loading, Panel } from "../../ui/index.ts";

const DAYS = 30;
const DAY_MS = 86_400_000;

/** What the workspace used of late, day by day. */
export function Usage() {
  const workspace = useWorkspace();
  const from = new Date(Date.now() - (DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  const usage = useRead("getWorkspaceUsage", { workspace_id: workspace.id, from });
  if (usage.isLoading) return <Loading />;
  if (usage.data === undefined) return <ErrorNote error={usage.error} onRetry={() => void usage.refetch()} />;
  const { days, total, daily_credits_quota: quota } = usage.data.data;
  const bars = days.map(({ day, credits }) => ({ day, value: credits }));
  return (
    <Panel title={`The last ${DAYS} days`}>
      <dl className="mb-6 grid grid-cols-2 gap-4 md:grid-cols-4">
        <Figure name="Credits" value={total.credits.toLocaleString()} />
        <Figure name="Compute" value={durationText(total.compute_ms)} />
        <Figure name="Segments of workflows" value={total.workflow_segments.toLocaleString()} />
        <Figure name="Runs of sources" value={total.source_runs.toLocaleString()} />
      </dl>
      <Bars bars={bars} />
      <p className="mt-3 text-xs text-muted">
        Credits a day, in UTC. {quota === null ? "There is no quota." : `The quota is ${quota} a day.`}
      </p>
    </Panel>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="text-lg font-semibold tabular-nums">{value}</dd>
    </div>
  );
}

/** A bar a day; the table behind it is for screen readers. */
function Bars({ bars }: { bars: readonly { day: string; value: number }[] }) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <>
      <div aria-hidden className="flex h-32 items-end gap-1 border-b">
        {bars.map(({ day, value }) => (
          <span
            key={day}
            title={`${day}: ${value}`}
            style={{ height: `${Math.max(value > 0 ? 3 : 0, (value / most) * 100)}%` }}
            className="flex-1 rounded-t-sm bg-accent"
          />
        ))}
      </div>
      <table className="sr-only">
        <caption>Credits by day</caption>
        <tbody>
          {bars.map(({ day, value }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
