import { useEffect, useState } from "react";
import { callApi, useChange, useRead } from "../api/index.ts";
import { useWorkspace } from "../shell/index.ts";
import { Button, Dialog, ErrorNote, Field, TextInput } from "../ui/index.ts";

interface ConnectDialogProps {
  /** The app's slug. */
  app: string;
  /** Connects this account again rather than a new one. */
  accountId?: string;
  isOpen: boolean;
  onClose(): void;
  onConnected(accountId: string): void;
}

const LOOK_EVERY_MS = 1_500;

/** Opens the hosted page in a window of its own, and waits for the account to appear. */
export function ConnectDialog({ app, accountId, isOpen, onClose, onConnected }: ConnectDialogProps) {
  const workspace = useWorkspace();
  const [name, setName] = useState("");
  const [openedAtMs, setOpenedAtMs] = useState<number | null>(null);
  const link = useChange("createConnectLink");
  const details = useRead("getApp", { app_id: app }, { enabled: isOpen && app !== "" });
  useEffect(() => {
    if (!isOpen || openedAtMs === null) return;
    const timer = setInterval(() => {
      void connectedSince({ workspaceId: workspace.id, app, accountId, sinceMs: openedAtMs }).then((id) => {
        if (id === null) return;
        setOpenedAtMs(null);
        onConnected(id);
      });
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, openedAtMs, workspace.id, app, accountId, onConnected]);
  const begin = (): void => {
    const what = accountId === undefined ? { app, ...(name !== "" && { name }) } : { account_id: accountId };
    // Opened at the click, or browsers take it for an advertisement.
    const page = window.open("about:blank", "_blank", "popup,width=560,height=720");
    link.mutate(
      { ...what, org_id: workspace.id },
      {
        onError: () => page?.close(),
        onSuccess: ({ data }) => {
          setOpenedAtMs(Date.now());
          if (page === null) location.assign(data.connect_url);
          else page.location.href = data.connect_url;
        },
      },
    );
  };
  const shown = details.data?.data;
  const title = Array.isArray(shown) ? app : (shown?.name ?? app);
  return (
    <Dialog title={`Connect ${title}`} isOpen={isOpen} onClose={onClose}>
      <div className="flex flex-col gap-4">
        {accountId === undefined && (
          <Field label="Name of the account" hint="How you will recognise it." isOptional>
            {(ids) => <TextInput {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        )}
        {openedAtMs !== null && (
          <p className="text-sm text-muted">Finish in the window that has opened; this one follows.</p>
        )}
        {link.error !== null && <ErrorNote error={link.error} />}
        <Button kind="primary" className="self-end" isBusy={link.isPending} onClick={begin}>
          {openedAtMs === null ? "Continue" : "Open the window again"}
        </Button>
      </div>
    </Dialog>
  );
}

interface Wanted {
  workspaceId: string;
  app: string;
  accountId: string | undefined;
  sinceMs: number;
}

/** The account that was connected since then; null while there is none. */
async function connectedSince({ workspaceId, app, accountId, sinceMs }: Wanted): Promise<string | null> {
  const { data } = await callApi("listAccounts", { org_id: workspaceId, app, limit: 20 });
  const found = data.find((account) => {
    const isWanted =
      accountId === undefined ? Date.parse(account.created_at) >= sinceMs - 2_000 : account.id === accountId;
    return isWanted && account.healthy && Date.parse(account.updated_at) >= sinceMs - 2_000;
  });
  return found?.id ?? null;
}
