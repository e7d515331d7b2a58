import type { CallReply } from "@millrace/client";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { useList } from "../../api/index.ts";
import { ConnectDialog } from "../../connect/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Empty, ErrorNote, Loading, Page, TextInput } from "../../ui/index.ts";

type App = CallReply<"listApps">["data"][number];

/** The catalogue: find an app, connect an account of it. */
export function AppsPage() {
  const [text, setText] = useState("");
  const q = useDeferredValue(text.trim());
  const list = useList("listApps", q === "" ? {} : { q });
  const [chosen, setChosen] = useState<App | null>(null);
  const navigate = useNavigate();
  return (
    <Page title="Apps" lead={`${list.totalCount} apps can be connected.`}>
      <TextInput
        type="search"
        aria-label="Search apps"
        placeholder="Search apps…"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {list.isLoading && <Loading />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={list.retry} />}
      {!list.isLoading && list.items.length === 0 && (
        <Empty title="No such app">Any component can name an app of its own.</Empty>
      )}
      <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {list.items.map((app) => (
          <AppCard key={app.id} app={app} onConnect={() => setChosen(app)} />
        ))}
      </ul>
      {list.hasMore && (
        <Button className="self-center" isBusy={list.isLoadingMore} onClick={list.more}>
          Show more
        </Button>
      )}
      <ConnectDialog
        app={chosen?.name_slug ?? ""}
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
        onConnected={() => void navigate({ to: "/accounts" })}
      />
    </Page>
  );
}

function AppCard({ app, onConnect }: { app: App; onConnect(): void }) {
  const workspace = useWorkspace();
  return (
    <li className="flex items-start gap-3 rounded-lg border bg-panel p-4">
      <img
        src={`/v1/apps/${app.id}/logo`}
        alt=""
        loading="lazy"
        className="size-9 rounded-md bg-white object-contain p-1"
      />
      <div className="min-w-0 flex-1">
        <h2 className="truncate text-sm font-medium">{app.name}</h2>
        <p className="line-clamp-2 text-xs text-muted">{app.description ?? app.name_slug}</p>
      </div>
      {mayEdit(workspace) && app.auth_type !== "none" && (
        <Button small onClick={onConnect}>
          Connect
        </Button>
      )}
    </li>
  );
}
