import { ApiError, notFound } from "../../core/index.ts";
import { notifyWithin, type Database } from "../../db/index.ts";
import { PrincipalCache } from "../principal-cache.ts";

export interface WorkspaceRemovalOptions {
  db: Database;
  cache: PrincipalCache;
  /** Revokes what programs reach a workspace with. */
  revokeClients(orgId: string): Promise<void>;
  /** Stops and removes what works in a workspace: sources, workflows, webhooks. */
  takeDown(orgId: string): Promise<void>;
  onError(error: unknown): void;
}

const WAIT_MS = 5_000;
const LEAVE_TO_OTHERS_MS = 60_000;

/**
 * Deletes workspaces. At once nobody reaches one any more; then what works in it is taken down, and its rows go last. When
 * a node dies in between, the chore of another goes on.
 */
export class WorkspaceRemoval {
  readonly #options: WorkspaceRemovalOptions;

  constructor(options: WorkspaceRemovalOptions) {
    this.#options = options;
  }

  /** Shuts a workspace. @throws ApiError 404, 409 for the one that the instance began with */
  async begin(orgId: string): Promise<void> {
    const { db } = this.#options;
    await db.transaction(async (trx) => {
      const open = await trx
        .selectFrom("workspaces")
        .select("org_id")
        .where("deleted_at_ms", "is", null)
        .orderBy("created_at_ms")
        .orderBy("org_id")
        .forUpdate()
        .execute();
      if (!open.some(({ org_id: id }) => id === orgId)) throw notFound(`Workspace ${orgId}`);
      // Its owners look after the instance; with it gone, those of some other workspace would.
      if (open[0]?.org_id === orgId)
        throw new ApiError("conflict", "This is the workspace that the instance began with");
      const nowMs = Date.now();
      await trx.updateTable("workspaces").set({ deleted_at_ms: nowMs }).where("org_id", "=", orgId).execute();
      await trx.deleteFrom("memberships").where("org_id", "=", orgId).execute();
      await trx.deleteFrom("invitations").where("org_id", "=", orgId).execute();
      await trx.deleteFrom("api_keys").where("org_id", "=", orgId).execute();
      await notifyWithin(trx, { topic: PrincipalCache.topic });
    });
    this.#options.cache.forget(null);
    await this.#options.revokeClients(orgId);
  }

  /** Deletes a workspace; waits a few seconds for the end, which comes all the same. @throws ApiError 404, 409 */
  async remove(orgId: string): Promise<void> {
    await this.begin(orgId);
    const finished = this.finish(orgId).catch(this.#options.onError);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, WAIT_MS);
    await Promise.race([finished, late]);
    clearTimeout(timer);
  }

  /** Takes down what is left of a workspace that was shut; a second time does no harm. */
  async finish(orgId: string): Promise<void> {
    await this.#options.takeDown(orgId);
    await this.#options.db.kysely
      .deleteFrom("workspaces")
      .where("org_id", "=", orgId)
      .where("deleted_at_ms", "is not", null)
      .execute();
  }

  /** Goes on with removals that their nodes did not finish. */
  async resume(nowMs: number): Promise<void> {
    const left = await this.#options.db.kysely
      .selectFrom("workspaces")
      .select("org_id")
      .where("deleted_at_ms", "<", nowMs - LEAVE_TO_OTHERS_MS)
      .execute();
    for (const { org_id: orgId } of left) await this.finish(orgId).catch(this.#options.onError);
  }
}
