import { useState } from "react";
import { useChange, useRead } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Empty, ErrorNote, Field, Loading, Panel, TextInput, Time } from "../../ui/index.ts";

/** Values that steps read as `process.env`; written here, never shown again. */
export function Variables() {
  const workspace = useWorkspace();
  const variables = useRead("getWorkspaceEnv", { workspace_id: workspace.id });
  const put = useChange("putWorkspaceEnv", { stale: ["getWorkspaceEnv"] });
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const set = (fields: Record<string, string | null>, onSuccess?: () => void): void =>
    put.mutate({ workspace_id: workspace.id, fields }, onSuccess === undefined ? {} : { onSuccess });
  const add = (): void =>
    set({ [name]: value }, () => {
      setName("");
      setValue("");
    });
  if (variables.isLoading) return <Loading />;
  const list = variables.data?.data ?? [];
  return (
    <Panel title="Environment variables">
      {variables.error !== null && <ErrorNote error={variables.error} />}
      {list.length === 0 && <Empty title="No variable yet">Steps read them as process.env.NAME.</Empty>}
      <ul className="divide-y">
        {list.map((variable) => (
          <li key={variable.name} className="flex items-center gap-3 py-2 text-sm">
            <code className="min-w-0 flex-1 truncate font-medium">{variable.name}</code>
            <span className="text-xs text-muted">
              set <Time atMs={variable.updated_at * 1_000} />
            </span>
            {mayEdit(workspace) && (
              <Button small kind="danger" onClick={() => set({ [variable.name]: null })}>
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
      {mayEdit(workspace) && (
        <div className="mt-4 flex flex-wrap items-end gap-3 border-t pt-4">
          <Field label="Name">
            {(ids) => (
              <TextInput
                {...ids}
                className="font-mono"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Value">
            {(ids) => (
              <TextInput
                {...ids}
                type="password"
                autoComplete="off"
                value={value}
                onChange={(event) => setValue(event.target.value)}
              />
            )}
          </Field>
          <Button kind="primary" isBusy={put.isPending} disabled={name === ""} onClick={add}>
            Set
          </Button>
        </div>
      )}
      {put.error !== null && <ErrorNote error={put.error} />}
    </Panel>
  );
}
