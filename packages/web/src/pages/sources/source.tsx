import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Play, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { describeError, useChange, useRead } from "../../api/index.ts";
import { JsonView } from "../../json/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Confirm, ErrorNote, Loading, Page, Panel, Status, Tabs, useToast } from "../../ui/index.ts";
import { EventList } from "./event-list.tsx";
import { SourceDb } from "./source-db.tsx";
import { SourceRuns } from "./source-runs.tsx";
import { TestEvent } from "./test-event.tsx";

const route = getRouteApi("/signed-in/sources/$id");

export function SourcePage() {
  const { id } = route.useParams();
  const workspace = useWorkspace();
  const source = useRead("getSource", { id });
  const [tab, setTab] = useState("events");
  if (source.isLoading) return <Loading />;
  if (source.data === undefined) {
    return (
      <Page title="Source">
        <ErrorNote error={source.error} onRetry={() => void source.refetch()} />
      </Page>
    );
  }
  const { name, active, configured_props } = source.data.data;
  return (
    <Page
      title={
        <span className="flex items-center gap-3">
          {name} <Status status={active ? "active" : "inactive"} />
        </span>
      }
      lead={<code className="text-xs">{id}</code>}
      actions={mayEdit(workspace) && <SourceActions id={id} name={name} isActive={active} />}
    >
      <Tabs
        label="About this source"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: "events", label: "Events", content: <EventList sourceId={id} channel="" /> },
          { id: "errors", label: "Errors", content: <EventList sourceId={id} channel="$errors" /> },
          { id: "runs", label: "Runs and logs", content: <SourceRuns sourceId={id} /> },
          { id: "db", label: "Database", content: <SourceDb sourceId={id} /> },
          {
            id: "props",
            label: "Props",
            content: (
              <Panel>
                <JsonView value={configured_props} openLevels={3} />
              </Panel>
            ),
          },
        ]}
      />
    </Page>
  );
}

function SourceActions({ id, name, isActive }: { id: string; name: string; isActive: boolean }) {
  const say = useToast();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"delete" | "event" | null>(null);
  const run = useChange("runSource", { stale: ["listSourceRuns", "listSourceEvents"] });
  const update = useChange("updateSource", { stale: ["getSource", "listWorkspaceSources"] });
  const remove = useChange("deleteSource", { stale: ["listWorkspaceSources"] });
  const onError = (error: unknown): void => say(describeError(error), { isBad: true });
  const runNow = (): void =>
    run.mutate(
      { id },
      {
        onError,
        onSuccess: ({ data }) => say(data.error ? data.error.message : `It ran and emitted ${data.emit_count} events.`),
      },
    );
  return (
    <>
      <Button isBusy={run.isPending} onClick={runNow}>
        <Play aria-hidden className="size-4" />
        Run now
      </Button>
      <Button onClick={() => setDialog("event")}>
        <Send aria-hidden className="size-4" />
        Test event
      </Button>
      <Button isBusy={update.isPending} onClick={() => update.mutate({ id, active: !isActive }, { onError })}>
        {isActive ? "Deactivate" : "Activate"}
      </Button>
      <Button kind="danger" onClick={() => setDialog("delete")}>
        <Trash2 aria-hidden className="size-4" />
        Delete
      </Button>
      <TestEvent sourceId={id} isOpen={dialog === "event"} onClose={() => setDialog(null)} />
      <Confirm
        title={`Delete ${name}?`}
        action="Delete the source"
        isOpen={dialog === "delete"}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setDialog(null)}
        onConfirm={() => remove.mutate({ id }, { onSuccess: () => void navigate({ to: "/sources" }) })}
      >
        Its events, its private data and its subscriptions go with it.
      </Confirm>
    </>
  );
}
