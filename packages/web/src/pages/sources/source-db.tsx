import type { CallReply } from "@millrace/client";
import { Trash2 } from "lucide-react";
import { describeError, useChange, useList } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Empty, IconButton, Panel, Table, useToast } from "../../ui/index.ts";

type Entry = CallReply<"listSourceDb">["data"][number];

/** What the source's code keeps between its runs, key by key. */
export function SourceDb({ sourceId }: { sourceId: string }) {
  const workspace = useWorkspace();
  const say = useToast();
  const list = useList("listSourceDb", { source_id: sourceId });
  const remove = useChange("deleteSourceDbKey", { stale: ["listSourceDb"] });
  const drop = (key: string): void =>
    remove.mutate({ source_id: sourceId, key }, { onError: (error) => say(describeError(error), { isBad: true }) });
  return (
    <Panel isFlush>
      <Table
        label="What the source keeps"
        list={list}
        keyOf={({ key }) => key}
        empty={<Empty title="It keeps nothing yet">What its code writes to its database shows here.</Empty>}
        columns={[
          { head: "Key", cell: ({ key }) => <code className="text-xs">{key}</code>, className: "align-top!" },
          { head: "Value", cell: ({ value }) => <JsonView value={value} openLevels={1} />, className: "w-full" },
          { head: "Bytes", cell: ({ size_bytes }) => size_bytes.toLocaleString(), className: "tabular-nums" },
          ...(mayEdit(workspace)
            ? [
                {
                  head: "Delete",
                  cell: ({ key }: Entry) => (
                    <IconButton label={`Delete ${key}`} onClick={() => drop(key)}>
                      <Trash2 className="size-4" />
                    </IconButton>
                  ),
                },
              ]
            : []),
        ]}
      />
    </Panel>
  );
}
