import { useState } from "react";
import { useList } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { Empty, Page, Panel, TextInput } from "../../ui/index.ts";
import { RunFilter, type RunFilterValue } from "./run-filter.tsx";
import { RunTable } from "./run-table.tsx";

const LIVE_EVERY_MS = 2_000;

/** The runs of all workflows, live. */
export function RunsPage() {
  const workspace = useWorkspace();
  const [filter, setFilter] = useState<RunFilterValue>({});
  const [text, setText] = useState("");
  const q = text.trim();
  const list = useList(
    "listWorkspaceRuns",
    { workspace_id: workspace.id, ...filter, ...(q !== "" && { q }) },
    { everyMs: LIVE_EVERY_MS },
  );
  return (
    <Page title="Runs" lead="Of all workflows, newest first.">
      <Panel
        title={`${list.totalCount} runs`}
        actions={
          <>
            <TextInput
              type="search"
              aria-label="Text in errors and results"
              placeholder="Text in errors and results"
              className="h-7! w-56! text-xs"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            <RunFilter value={filter} onChange={setFilter} />
          </>
        }
        isFlush
      >
        <RunTable hasWorkflow list={list} empty={<Empty title="No such run" />} />
      </Panel>
    </Page>
  );
}
