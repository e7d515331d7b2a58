import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { describeError, useChange, useList, useRead } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Confirm, Empty, ErrorNote, Loading, Page, Panel, Status, Tabs, useToast } from "../../ui/index.ts";
import { RunFilter, RunTable, type RunFilterValue } from "../runs/index.ts";
import { WorkflowSettings } from "./settings.tsx";
import { SendTestEvent } from "./send-test-event.tsx";
import { Versions } from "./versions.tsx";

const Builder = lazy(async () => ({ default: (await import("../builder/index.ts")).Builder }));
const route = getRouteApi("/signed-in/workflows/$id");
const LIVE_EVERY_MS = 2_000;

export function WorkflowPage() {
  const { id } = route.useParams();
  const { tab } = route.useSearch();
  const navigate = useNavigate();
  const workspace = useWorkspace();
  const query = useRead("getWorkflow", { id });
  if (query.isLoading) return <Loading />;
  if (query.data === undefined) {
    return (
      <Page title="Workflow">
        <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
      </Page>
    );
  }
  const workflow = query.data;
  const tabs = [
    { id: "runs", label: "Runs", content: <Runs workflowId={id} /> },
    {
      id: "build",
      label: "Build",
      content: (
        <Suspense fallback={<Loading />}>
          <Builder workflow={workflow} />
        </Suspense>
      ),
    },
    { id: "versions", label: "Versions", content: <Versions workflowId={id} /> },
    { id: "settings", label: "Settings", content: <WorkflowSettings workflow={workflow} /> },
  ];
  return (
    <Page
      title={
        <span className="flex items-center gap-3">
          {workflow.name} <Status status={workflow.active ? "active" : "inactive"} />
        </span>
      }
      lead={<code className="text-xs">{id}</code>}
      actions={mayEdit(workspace) && <WorkflowActions id={id} name={workflow.name} isActive={workflow.active} />}
    >
      <Tabs
        label="About this workflow"
        tabs={tabs}
        value={tab ?? "runs"}
        onChange={(next) => void navigate({ to: "/workflows/$id", params: { id }, search: { tab: next } })}
      />
    </Page>
  );
}

function Runs({ workflowId }: { workflowId: string }) {
  const say = useToast();
  const [filter, setFilter] = useState<RunFilterValue>({});
  const list = useList("listWorkflowRuns", { workflow_id: workflowId, ...filter }, { everyMs: LIVE_EVERY_MS });
  const replay = useChange("replayWorkflowRuns", { stale: ["listWorkflowRuns"] });
  const again = (): void =>
    replay.mutate(
      { workflow_id: workflowId, ...filter },
      {
        onError: (error) => say(describeError(error), { isBad: true }),
        onSuccess: ({ data }) => say(`${data.count} runs are replayed.`),
      },
    );
  return (
    <Panel
      title={`${list.totalCount} runs`}
      actions={
        <>
          <RunFilter value={filter} onChange={setFilter} />
          <Button small isBusy={replay.isPending} disabled={list.items.length === 0} onClick={again}>
            Replay these
          </Button>
        </>
      }
      isFlush
    >
      <RunTable list={list} empty={<Empty title="No run yet">Send a test event to see one here.</Empty>} />
    </Panel>
  );
}

function WorkflowActions({ id, name, isActive }: { id: string; name: string; isActive: boolean }) {
  const say = useToast();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"delete" | "event" | null>(null);
  const update = useChange("updateWorkflow", { stale: ["getWorkflow", "listWorkflows"] });
  const remove = useChange("deleteWorkflow", { stale: ["listWorkflows"] });
  const toggle = (): void =>
    update.mutate({ id, active: !isActive }, { onError: (error) => say(describeError(error), { isBad: true }) });
  return (
    <>
      <Button kind="primary" onClick={() => setDialog("event")}>
        Send test event
      </Button>
      <Button isBusy={update.isPending} onClick={toggle}>
        {isActive ? "Deactivate" : "Activate"}
      </Button>
      <Button kind="danger" onClick={() => setDialog("delete")}>
        Delete
      </Button>
      <SendTestEvent workflowId={id} isOpen={dialog === "event"} onClose={() => setDialog(null)} />
      <Confirm
        title={`Delete ${name}?`}
        action="Delete the workflow"
        isOpen={dialog === "delete"}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setDialog(null)}
        onConfirm={() => remove.mutate({ id }, { onSuccess: () => void navigate({ to: "/workflows" }) })}
      >
        Its runs, its events and the sources that were deployed with it go too.
      </Confirm>
    </>
  );
}
