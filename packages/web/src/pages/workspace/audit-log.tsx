import { useList } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { Empty, Panel, Table, Time } from "../../ui/index.ts";

export function AuditLog() {
  const workspace = useWorkspace();
  const list = useList("listAuditLog", { workspace_id: workspace.id });
  return (
    <Panel isFlush>
      <Table
        label="Audit log"
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="Nothing was changed yet" />}
        columns={[
          { head: "When", cell: ({ at }) => <Time atMs={at * 1_000} /> },
          { head: "Who", cell: ({ actor }) => actor.name ?? actor.id },
          { head: "Did", cell: ({ action }) => <code className="text-xs">{action}</code> },
          { head: "To", cell: ({ subject }) => <code className="text-xs">{subject}</code> },
          { head: "From", cell: ({ actor }) => actor.ip ?? "", className: "text-muted" },
        ]}
      />
    </Panel>
  );
}
