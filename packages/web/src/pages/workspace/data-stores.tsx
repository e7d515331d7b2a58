import { useState } from "react";
import { useChange, useList } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Empty, ErrorNote, Field, Panel, Table, TextInput, Time } from "../../ui/index.ts";

export function DataStores() {
  const workspace = useWorkspace();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [name, setName] = useState("");
  const stores = useList("listDataStores", { org_id: workspace.id });
  const create = useChange("createDataStore", { stale: ["listDataStores"] });
  const remove = useChange("deleteDataStore", { stale: ["listDataStores"] });
  return (
    <div className="flex flex-col gap-5">
      <Panel title="Data stores" isFlush>
        <Table
          label="Data stores"
          list={stores}
          keyOf={({ id }) => id}
          empty={<Empty title="No data store yet">Values by key that outlive runs.</Empty>}
          columns={[
            {
              head: "Name",
              cell: ({ id, name: storeName }) => (
                <button type="button" className="font-medium hover:underline" onClick={() => setChosenId(id)}>
                  {storeName}
                </button>
              ),
            },
            { head: "Id", cell: ({ id }) => <code className="text-xs text-muted">{id}</code> },
            { head: "Changed", cell: ({ updated_at }) => <Time atMs={updated_at * 1_000} />, className: "text-muted" },
            {
              head: "Actions",
              cell: ({ id }) =>
                mayEdit(workspace) && (
                  <Button small kind="danger" onClick={() => remove.mutate({ data_store_id: id })}>
                    Delete
                  </Button>
                ),
            },
          ]}
        />
      </Panel>
      {remove.error !== null && <ErrorNote error={remove.error} />}
      {mayEdit(workspace) && (
        <div className="flex flex-wrap items-end gap-3">
          <Field label="New data store">
            {(ids) => <TextInput {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Button
            kind="primary"
            disabled={name === ""}
            isBusy={create.isPending}
            onClick={() => create.mutate({ name, org_id: workspace.id }, { onSuccess: () => setName("") })}
          >
            Create
          </Button>
        </div>
      )}
      {create.error !== null && <ErrorNote error={create.error} />}
      {chosenId !== null && <Records storeId={chosenId} />}
    </div>
  );
}

function Records({ storeId }: { storeId: string }) {
  const list = useList("listDataStoreRecords", { data_store_id: storeId });
  return (
    <Panel title="Records" isFlush>
      <Table
        label="Records"
        list={list}
        keyOf={({ key }) => key}
        empty={<Empty title="It is empty" />}
        columns={[
          {
            head: "Key",
            cell: ({ key }) => <code className="text-xs font-medium">{key}</code>,
            className: "align-top!",
          },
          {
            head: "Value",
            cell: ({ value, truncated, size_bytes }) =>
              truncated === true ? <span className="text-muted">{size_bytes} bytes</span> : <JsonView value={value} />,
          },
          {
            head: "Changed",
            cell: ({ updated_at }) => <Time atMs={updated_at * 1_000} />,
            className: "align-top! text-muted",
          },
        ]}
      />
    </Panel>
  );
}
