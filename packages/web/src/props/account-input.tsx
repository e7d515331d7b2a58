import { useState } from "react";
import { useRead } from "../api/index.ts";
import { ConnectDialog } from "../connect/index.ts";
import { useWorkspace } from "../shell/index.ts";
import { Button, Select } from "../ui/index.ts";

interface AccountInputProps {
  ids: { id: string };
  /** The app's slug. */
  app: string;
  value: unknown;
  onChange(value: unknown): void;
}

/** Picks a connected account of an app, or connects one. */
export function AccountInput({ ids, app, value, onChange }: AccountInputProps) {
  const workspace = useWorkspace();
  const [isConnecting, setIsConnecting] = useState(false);
  const accounts = useRead("listAccounts", { org_id: workspace.id, app, limit: 100 });
  const chosen =
    typeof value === "object" && value !== null && "authProvisionId" in value ? String(value.authProvisionId) : "";
  const choose = (id: string): void => onChange(id === "" ? undefined : { authProvisionId: id });
  return (
    <div className="flex gap-2">
      <Select {...ids} value={chosen} onChange={(event) => choose(event.target.value)}>
        <option value="">{accounts.isLoading ? "Loading…" : `Choose a ${app} account…`}</option>
        {accounts.data?.data.map((account) => (
          <option key={account.id} value={account.id}>
            {account.name ?? account.id}
            {account.healthy ? "" : " (needs to be reconnected)"}
          </option>
        ))}
      </Select>
      <Button onClick={() => setIsConnecting(true)}>Connect</Button>
      <ConnectDialog
        app={app}
        isOpen={isConnecting}
        onClose={() => setIsConnecting(false)}
        onConnected={(id) => {
          void accounts.refetch();
          choose(id);
          setIsConnecting(false);
        }}
      />
    </div>
  );
}
