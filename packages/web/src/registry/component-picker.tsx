import type { CallReply } from "@millrace/client";
import { useDeferredValue, useState } from "react";
import { callApi, describeError, useRead } from "../api/index.ts";
import { useWorkspace } from "../shell/index.ts";
import { Empty, ErrorNote, Field, Loading, TextInput, useToast } from "../ui/index.ts";

export type PickedComponent = CallReply<"getComponent">["data"];

interface ComponentPickerProps {
  kind: "source" | "action";
  onPick(component: PickedComponent): void;
}

const SHOWN = 20;

/** Searches the workspace's components and the registry by what they do. */
export function ComponentPicker({ kind, onPick }: ComponentPickerProps) {
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const say = useToast();
  const pick = (key: string): void => {
    callApi("getComponent", { id_or_key: key })
      .then(({ data }) => onPick(data))
      .catch((error: unknown) => say(describeError(error), { isBad: true }));
  };
  return (
    <div className="flex flex-col gap-3">
      <Field label={kind === "source" ? "What should be watched?" : "What should the step do?"}>
        {(ids) => (
          <TextInput
            {...ids}
            autoFocus
            placeholder={kind === "source" ? "new row in a database" : "send a message to a channel"}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {query === "" ? <All kind={kind} onPick={pick} /> : <Found kind={kind} query={query} onPick={pick} />}
    </div>
  );
}

interface ListProps {
  kind: "source" | "action";
  onPick(key: string): void;
}

function All({ kind, onPick }: ListProps) {
  const workspace = useWorkspace();
  const registry = useRead("listRegistry", { type: kind, limit: 100, org_id: workspace.id });
  if (registry.isLoading) return <Loading />;
  if (registry.data === undefined) return <ErrorNote error={registry.error} onRetry={() => void registry.refetch()} />;
  const { data } = registry.data;
  if (data.length === 0) {
    return (
      <Empty title="The registry is empty">
        <code>millrace registry add npm:…</code> loads the components of a package.
      </Empty>
    );
  }
  return <Rows rows={data.map(({ key, name, description }) => ({ key, name, description }))} onPick={onPick} />;
}

function Found({ kind, query, onPick }: ListProps & { query: string }) {
  const workspace = useWorkspace();
  const found = useRead("searchComponents", { query, limit: SHOWN, org_id: workspace.id });
  if (found.isLoading) return <Loading label="Searching" />;
  if (found.data === undefined) return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />;
  const keys = kind === "source" ? found.data.sources : found.data.actions;
  if (keys.length === 0) return <Empty title="Nothing like that in the registry" />;
  return <Rows rows={keys.map((key) => ({ key, name: key, description: null }))} onPick={onPick} />;
}

interface RowsProps {
  rows: readonly { key: string; name: string; description: string | null }[];
  onPick(key: string): void;
}

function Rows({ rows, onPick }: RowsProps) {
  return (
    <ul className="max-h-80 divide-y overflow-y-auto rounded-md border">
      {rows.map((row) => (
        <li key={row.key}>
          <button
            type="button"
            onClick={() => onPick(row.key)}
            className="flex w-full flex-col px-3 py-2 text-left hover:bg-raised"
          >
            <span className="text-sm font-medium">{row.name}</span>
            {row.name !== row.key && <span className="font-mono text-xs text-muted">{row.key}</span>}
            {row.description !== null && <span className="line-clamp-1 text-xs text-muted">{row.description}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
