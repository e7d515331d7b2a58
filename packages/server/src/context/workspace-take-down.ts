import type { Logger } from "pino";
import { WorkspaceRemoval } from "../accounts/members/index.ts";
import { ApiError } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Webhooks } from "../delivery/index.ts";
import type { Sources } from "../sources/index.ts";
import type { FileStores } from "../workflows/files/index.ts";
import type { Workflows } from "../workflows/index.ts";
import type { Identity } from "./identity.ts";

interface TakeDownParts {
  workflows: Workflows;
  sources: Sources;
  webhooks: Webhooks;
  files: FileStores;
}

const FIRST_PAGE = { limit: 100, afterId: null, beforeId: null };

/**
 * Stops and removes what works in a workspace: workflows with their own sources first, then sources, then webhooks,
 * and what files lie outside of the database.
 * @throws ApiError of what can not be removed now, after everything else is
 */
async function takeDownWorkspace(orgId: string, parts: TakeDownParts): Promise<void> {
  const { workflows, sources, webhooks, files } = parts;
  const orgIds = [orgId];
  await removeAll(
    async () => (await workflows.list({ orgIds, projectId: undefined }, FIRST_PAGE)).rows.map((row) => row.workflow_id),
    (id) => workflows.delete(orgIds, id),
  );
  await removeAll(
    async () => (await sources.list(orgIds, FIRST_PAGE)).rows.map((source) => source.id),
    (id) => sources.delete(orgIds, id, { ignoreHookErrors: true }),
  );
  await removeAll(
    async () => (await webhooks.list(orgIds, FIRST_PAGE)).rows.map((row) => row.webhook_id),
    (id) => webhooks.delete(orgIds, id),
  );
  await files.deleteAll(orgId);
}

/** Builds what deletes workspaces. */
export function buildWorkspaceRemoval(options: {
  db: Database;
  log: Logger;
  identity: Identity;
  parts: TakeDownParts;
}): WorkspaceRemoval {
  const { db, log, identity, parts } = options;
  return new WorkspaceRemoval({
    ...{ db, cache: identity.principals },
    revokeClients: (orgId) => identity.oauthClients.deleteAll(orgId),
    takeDown: (orgId) => takeDownWorkspace(orgId, parts),
    onError: (error) => log.warn({ err: error }, "a workspace is not yet deleted whole; it is tried again"),
  });
}

/** Removes page after page; what another node removes meanwhile counts as removed. */
async function removeAll(next: () => Promise<string[]>, remove: (id: string) => Promise<void>): Promise<void> {
  for (;;) {
    const ids = await next();
    if (ids.length === 0) return;
    const outcomes = await Promise.allSettled(ids.map(remove));
    const failure = outcomes.find(
      (outcome) =>
        outcome.status === "rejected" && !(outcome.reason instanceof ApiError && outcome.reason.status === 404),
    );
    if (failure?.status === "rejected") throw failure.reason;
  }
}
