import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useRead } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { durationText, ErrorNote, Loading, Page, Panel, Status, Time } from "../../ui/index.ts";
import { RunActions } from "./run-actions.tsx";
import { StepDetail } from "./step-detail.tsx";
import { Timeline } from "./timeline.tsx";

const route = getRouteApi("/signed-in/runs/$id");
const LIVE_EVERY_MS = 1_000;
const ENDED = new Set(["success", "error", "cancelled"]);

/** One run: what started it, and each step with all that it took and gave. */
export function RunPage() {
  const { id } = route.useParams();
  const workspace = useWorkspace();
  const [isEnded, setIsEnded] = useState(false);
  const run = useRead("getRun", { run_id: id }, { everyMs: isEnded ? false : LIVE_EVERY_MS });
  const [chosen, setChosen] = useState(0);
  if (run.isLoading) return <Loading />;
  if (run.data === undefined) {
    return (
      <Page title="Run">
        <ErrorNote error={run.error} onRetry={() => void run.refetch()} />
      </Page>
    );
  }
  const { data } = run.data;
  if (ENDED.has(data.status) !== isEnded) setIsEnded(ENDED.has(data.status));
  const step = data.steps[chosen] ?? data.steps[0];
  return (
    <Page
      title={
        <span className="flex items-center gap-3">
          Run <Status status={data.status} />
        </span>
      }
      lead={
        <>
          <Link to="/workflows/$id" params={{ id: data.workflow_id }} className="text-accent underline">
            {data.workflow_id}
          </Link>
          {" · "}
          <Time atMs={data.started_at_ms} />
          {data.ended_at_ms !== null && ` · ${durationText(data.ended_at_ms - data.started_at_ms)}`}
          {" · "}
          <code className="text-xs">{data.id}</code>
        </>
      }
      actions={mayEdit(workspace) && <RunActions run={data} step={step?.namespace} />}
    >
      {data.error && (
        <Panel title={`${data.error.name}${data.error.step === undefined ? "" : ` in ${data.error.step}`}`}>
          <p className="text-sm text-bad">{data.error.message}</p>
          {data.error.stack !== undefined && (
            <pre className="mt-2 overflow-x-auto text-xs text-muted">{data.error.stack}</pre>
          )}
        </Panel>
      )}
      {data.waits.map((wait) => (
        <p key={`${wait.namespace}${wait.until_ms}`} className="rounded-md bg-warn-soft px-4 py-2 text-sm text-warn">
          {wait.namespace} waits ({wait.kind}) until <Time atMs={wait.until_ms} />.
        </p>
      ))}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Steps" isFlush>
            <Timeline run={data} chosen={chosen} onChoose={setChosen} />
          </Panel>
          <Panel title={`Trigger: ${data.trigger.type}`}>
            <JsonView value={data.trigger.event} path="steps.trigger.event" />
          </Panel>
        </div>
        <div className="min-w-0">{step === undefined ? null : <StepDetail key={chosen} step={step} />}</div>
      </div>
      {data.destinations.length > 0 && (
        <Panel title="Sent">
          <JsonView value={data.destinations} openLevels={2} />
        </Panel>
      )}
    </Page>
  );
}
