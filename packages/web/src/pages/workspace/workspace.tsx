import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useWorkspace } from "../../shell/index.ts";
import { Page, Tabs } from "../../ui/index.ts";
import { ApiKeys } from "./api-keys.tsx";
import { AuditLog } from "./audit-log.tsx";
import { DataStores } from "./data-stores.tsx";
import { Members } from "./members.tsx";
import { OauthClients } from "./oauth-clients.tsx";
import { useIsOperator } from "./system-read.ts";
import { SystemPage } from "./system.tsx";
import { Usage } from "./usage.tsx";
import { Variables } from "./variables.tsx";

const route = getRouteApi("/signed-in/workspace");

export function WorkspacePage() {
  const workspace = useWorkspace();
  const { tab } = route.useSearch();
  const navigate = useNavigate();
  const isAdmin = workspace.role === "owner" || workspace.role === "admin";
  const isOperator = useIsOperator(isAdmin) || (isAdmin && tab === "system");
  const tabs = [
    { id: "members", label: "Members", content: <Members /> },
    { id: "variables", label: "Variables", content: <Variables /> },
    { id: "data-stores", label: "Data stores", content: <DataStores /> },
    ...(isAdmin
      ? [
          { id: "api-keys", label: "API keys", content: <ApiKeys /> },
          { id: "oauth-clients", label: "OAuth clients", content: <OauthClients /> },
          { id: "audit", label: "Audit log", content: <AuditLog /> },
        ]
      : []),
    { id: "usage", label: "Usage", content: <Usage /> },
    ...(isOperator ? [{ id: "system", label: "System", content: <SystemPage /> }] : []),
  ];
  return (
    <Page title={workspace.name} lead={<code className="text-xs">{workspace.id}</code>}>
      <Tabs
        label="About this workspace"
        tabs={tabs}
        value={tab ?? "members"}
        onChange={(next) => void navigate({ to: "/workspace", search: { tab: next } })}
      />
    </Page>
  );
}
