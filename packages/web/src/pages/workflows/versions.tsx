import type { CallReply } from "@millrace/client";
import { describeError, useChange, useList } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Badge, Button, Empty, Panel, Table, Time, useToast, type Column } from "../../ui/index.ts";

type Version = CallReply<"listWorkflowVersions">["data"][number];

/** Every change is a version; any of them can be made the one that runs. */
export function Versions({ workflowId }: { workflowId: string }) {
  const workspace = useWorkspace();
  const say = useToast();
  const list = useList("listWorkflowVersions", { id: workflowId });
  const rollback = useChange("rollbackWorkflow", { stale: ["getWorkflow", "listWorkflowVersions"] });
  const restore = (version: Version): void =>
    rollback.mutate(
      { id: workflowId, deployment_id: version.id },
      {
        onError: (error) => say(describeError(error), { isBad: true }),
        onSuccess: () => say(`Version ${version.number} runs now.`),
      },
    );
  const columns: Column<Version>[] = [
    { head: "Version", cell: ({ number }) => <span className="tabular-nums">{number}</span> },
    { head: "Made", cell: ({ created_at }) => <Time atMs={created_at * 1_000} /> },
    { head: "Id", cell: ({ id }) => <code className="text-xs text-muted">{id}</code> },
    {
      head: "State",
      cell: (version) => {
        if (version.active) return <Badge tone="good">runs</Badge>;
        if (version.pending) return <Badge tone="warn">waits for activation</Badge>;
        return mayEdit(workspace) ? (
          <Button small isBusy={rollback.isPending} onClick={() => restore(version)}>
            Roll back to it
          </Button>
        ) : null;
      },
    },
  ];
  return (
    <Panel isFlush>
      <Table
        label="Versions"
        columns={columns}
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="No version" />}
      />
    </Panel>
  );
}
