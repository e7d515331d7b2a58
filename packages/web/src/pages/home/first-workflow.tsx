import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { ErrorNote, Button, CopyText, Panel, Status } from "../../ui/index.ts";
import { useChange, useRead } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { useWorkspace } from "../../shell/index.ts";

const CODE = `export default defineComponent({
  async run({ steps, $ }) {
    const name = steps.trigger.event.body?.name ?? "world";
    await $.respond({ status: 200, body: { hello: name } });
    return { greeted: name };
  },
});
`;

const DEFINITION = {
  settings: { name: "Hello" },
  triggers: [{ type: "http", props: { custom_response: true } }],
  steps: [{ namespace: "greet", lang: "nodejs24.x", code: CODE }],
};
const EVENT = { method: "POST", path: "/", query: {}, headers: {}, body: { name: "Millrace" } };

/** Two clicks to an event that is seen live: one makes a working workflow, one sends an event to it. */
export function FirstWorkflow() {
  const workspace = useWorkspace();
  const create = useChange("createWorkflow");
  const run = useChange("createWorkflowRun");
  const workflow = create.data?.data;
  const [runId, setRunId] = useState<string | null>(null);
  if (workflow === undefined) {
    return (
      <Panel title="Start with a workflow that works">
        <div className="flex flex-col gap-4">
          <p className="text-sm text-muted">It answers HTTP requests with a greeting. You can change it afterwards.</p>
          <pre className="overflow-x-auto rounded-md bg-raised p-3 font-mono text-xs">{CODE}</pre>
          {create.error !== null && <ErrorNote error={create.error} />}
          <Button
            kind="primary"
            className="self-start"
            isBusy={create.isPending}
            onClick={() => create.mutate({ org_id: workspace.id, ...DEFINITION })}
          >
            Create the example workflow
          </Button>
        </div>
      </Panel>
    );
  }
  const [trigger] = workflow.triggers;
  const url = trigger !== undefined && "endpoint_url" in trigger ? trigger.endpoint_url : "";
  const send = (): void =>
    run.mutate({ workflow_id: workflow.id, event: EVENT }, { onSuccess: ({ data }) => setRunId(data.id) });
  return (
    <Panel title="It is live">
      <div className="flex flex-col gap-4">
        <p className="text-sm text-muted">Every request to this URL runs it:</p>
        <CopyText
          text={`curl -X POST ${url} -H 'content-type: application/json' -d '{"name":"you"}'`}
          label="the command"
        />
        {run.error !== null && <ErrorNote error={run.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button kind="primary" isBusy={run.isPending} onClick={send}>
            Send test event
          </Button>
          <Link
            to="/workflows/$id"
            params={{ id: workflow.id }}
            search={{ tab: "build" }}
            className="text-sm text-accent underline"
          >
            Change it
          </Link>
        </div>
        {runId !== null && <LiveRun runId={runId} />}
      </div>
    </Panel>
  );
}

const LOOK_EVERY_MS = 300;

function LiveRun({ runId }: { runId: string }) {
  const [isEnded, setIsEnded] = useState(false);
  const { data } = useRead("getRun", { run_id: runId }, { everyMs: isEnded ? false : LOOK_EVERY_MS });
  if (data === undefined) return null;
  const { status, steps } = data.data;
  const hasEnded = status === "success" || status === "error";
  if (hasEnded !== isEnded) setIsEnded(hasEnded);
  return (
    <div className="rounded-md border p-4">
      <p className="mb-2 flex items-center gap-3 text-sm font-medium">
        The run <Status status={status} />
        <Link to="/runs/$id" params={{ id: runId }} className="font-normal text-accent underline">
          Look at it
        </Link>
      </p>
      {steps.map((step) => (
        <div key={step.namespace} className="text-sm">
          <p className="text-muted">steps.{step.namespace}</p>
          <JsonView value={{ $return_value: step.return_value, ...step.exports }} openLevels={2} />
        </div>
      ))}
    </div>
  );
}
