import { sql, type Kysely } from "kysely";
import { ApiError, notFound, type Page, type PageRequest } from "../core/index.ts";
import { notifyWithin, selectPage, type Schema } from "../db/index.ts";
import type { StoredDefinition } from "./definition/index.ts";

/** A row of `workflows`. */
export interface WorkflowRow {
  org_id: string;
  workflow_id: string;
  project_id: string | null;
  user_id: string | null;
  name: string;
  active: boolean;
  deployment_id: string;
  pending_deployment_id: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** A version in lists. */
export interface VersionRow {
  deployment_id: string;
  workflow_id: string;
  number: number;
  created_at_ms: number;
  is_current: boolean;
  is_pending: boolean;
}

/** Topic on which nodes tell each other that a workflow changed. */
export const WORKFLOWS_TOPIC = "workflows";

/** @throws ApiError 404 unless one of these workspaces has it */
export async function findWorkflow(
  db: Kysely<Schema>,
  orgIds: readonly string[],
  workflowId: string,
): Promise<WorkflowRow> {
  const row = await db
    .selectFrom("workflows")
    .selectAll()
    .where("org_id", "in", orgIds)
    .where("workflow_id", "=", workflowId)
    .executeTakeFirst();
  if (!row) throw notFound(`Workflow ${workflowId}`);
  return row;
}

/** Newest first. */
export function listWorkflows(
  db: Kysely<Schema>,
  { orgIds, projectId }: { orgIds: readonly string[]; projectId: string | undefined },
  page: PageRequest,
): Promise<Page<WorkflowRow>> {
  const ofProject = projectId === undefined ? sql`true` : sql`project_id = ${projectId}`;
  return selectPage<WorkflowRow>(db, {
    columns: sql`*`,
    from: sql`workflows`,
    where: sql`org_id = any(${[...orgIds]}) and ${ofProject}`,
    id: sql`workflow_id`,
    sort: sql`created_at_ms`,
    direction: "desc",
    page,
  });
}

/** What a version is made of. @throws ApiError 404 unless the workflow has it */
export async function readDefinition(
  db: Kysely<Schema>,
  { org_id: orgId, workflow_id: workflowId }: Pick<WorkflowRow, "org_id" | "workflow_id">,
  deploymentId: string,
): Promise<StoredDefinition> {
  const row = await db
    .selectFrom("workflow_versions")
    .select("definition")
    .where("org_id", "=", orgId)
    .where("workflow_id", "=", workflowId)
    .where("deployment_id", "=", deploymentId)
    .executeTakeFirst();
  if (!row) throw notFound(`Version ${deploymentId}`);
  return JSON.parse(row.definition) as StoredDefinition;
}

/** Newest first. */
export function listVersions(db: Kysely<Schema>, workflow: WorkflowRow, page: PageRequest): Promise<Page<VersionRow>> {
  return selectPage<VersionRow>(db, {
    columns: sql`deployment_id, workflow_id, number, created_at_ms,
      deployment_id = ${workflow.deployment_id} as is_current,
      deployment_id = ${workflow.pending_deployment_id ?? ""} as is_pending`,
    from: sql`workflow_versions`,
    where: sql`org_id = ${workflow.org_id} and workflow_id = ${workflow.workflow_id}`,
    id: sql`deployment_id`,
    sort: sql`number`,
    direction: "desc",
    page,
  });
}

/** Writes a version; the same id again replaces what it says of its triggers. */
export async function putVersion(
  trx: Kysely<Schema>,
  workflow: { orgId: string; workflowId: string },
  version: { deploymentId: string; definition: StoredDefinition; nowMs: number },
): Promise<void> {
  const { orgId, workflowId } = workflow;
  const definition = JSON.stringify(version.definition);
  await sql`insert into workflow_versions (org_id, deployment_id, workflow_id, number, definition, created_at_ms)
    select ${orgId}, ${version.deploymentId}, ${workflowId}, coalesce(max(number), 0) + 1, ${definition}, ${version.nowMs}::bigint
    from workflow_versions where workflow_id = ${workflowId}
    on conflict (deployment_id) do update set definition = excluded.definition`.execute(trx);
}

/**
 * Changes a workflow as it was read.
 * @throws ApiError 409 when someone else has changed it since
 */
export async function changeWorkflow(
  trx: Kysely<Schema>,
  row: WorkflowRow,
  change: Partial<Pick<WorkflowRow, "name" | "active" | "deployment_id" | "pending_deployment_id">>,
): Promise<void> {
  const changed = await trx
    .updateTable("workflows")
    .set({ ...change, updated_at_ms: Math.max(Date.now(), row.updated_at_ms + 1) })
    .where("org_id", "=", row.org_id)
    .where("workflow_id", "=", row.workflow_id)
    .where("updated_at_ms", "=", row.updated_at_ms)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) {
    throw new ApiError("conflict", `Workflow ${row.workflow_id} was changed by someone else; try again`);
  }
  await announceWorkflow(trx, { orgId: row.org_id, workflowId: row.workflow_id });
}

/** Within the transaction that changes a workflow: tells every node when it commits. */
export async function announceWorkflow(
  trx: Kysely<Schema>,
  { orgId, workflowId }: { orgId: string; workflowId: string },
): Promise<void> {
  await notifyWithin(trx, { topic: WORKFLOWS_TOPIC, payload: `${orgId} ${workflowId}` });
}
