import { useList } from "../../api/index.ts";
import { EmitterList } from "../../emitters/index.ts";
import { useWorkspace } from "../../shell/index.ts";

const EMPTY = {
  title: "No source yet",
  text: "A source brings events in: it polls an API, takes requests at a URL of its own, or runs on a schedule.",
};

export function SourcesPage() {
  const workspace = useWorkspace();
  const list = useList("listWorkspaceSources", { workspace_id: workspace.id });
  return (
    <EmitterList
      kind="sources"
      title="Sources"
      lead="Components that poll, listen or receive, and emit events."
      action="Deploy a source"
      empty={EMPTY}
      list={list}
    />
  );
}
