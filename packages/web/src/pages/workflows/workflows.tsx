import { useList } from "../../api/index.ts";
import { EmitterList } from "../../emitters/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { RunBars } from "./run-bars.tsx";

const EMPTY = {
  title: "No workflow yet",
  text: "A workflow starts with a trigger (a request, a schedule, a mail or an event) and runs your steps one after the other.",
};

export function WorkflowsPage() {
  const workspace = useWorkspace();
  const list = useList("listWorkflows", { org_id: workspace.id });
  return (
    <EmitterList
      kind="workflows"
      title="Workflows"
      lead="Steps of code that run when something happens."
      action="New workflow"
      empty={EMPTY}
      list={list}
      extra={{ head: "Last runs", cell: ({ id }) => <RunBars workflowId={id} /> }}
    />
  );
}
