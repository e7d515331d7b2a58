import { ApiError } from "../core/index.ts";
import { stopTimers, type InterfaceOwner } from "./interface-rows.ts";
import { freeSlug, slugOf } from "./slug.ts";
import type { HookName } from "./source-invoker.ts";
import type { SourceParts } from "./source-parts.ts";
import { findSource, takenSlugs, type SourceRow } from "./source-rows.ts";
import { takeForUpdate } from "./source-state.ts";
import { SourceVersions, type SourceVersion, type VersionChange } from "./source-version.ts";

export interface SourceChange extends VersionChange {
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  /** Goes on when the old `deactivate` throws. */
  readonly ignoreHookErrors?: boolean | undefined;
}

interface Update {
  readonly row: SourceRow;
  readonly owner: InterfaceOwner;
  readonly old: SourceVersion;
  /** The same as `old` when only `active` changes. */
  readonly next: SourceVersion;
  readonly willBeActive: boolean;
  readonly ignoreHookErrors: boolean;
}

/** Changes sources: their name, their code and props, and whether they are active; and deletes them. */
export class SourceUpdate {
  readonly #parts: SourceParts;
  readonly #versions: SourceVersions;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#versions = new SourceVersions(parts);
  }

  /**
   * Updates a source. New code or props: `deactivate` of the old version, then `activate` of the new one; endpoints and
   * stored data stay. When the new version does not activate, the old one is put back.
   * @throws ApiError 404, 400 for props that do not fit, 409 while another change is under way, 422 for failing hooks
   */
  async update(
    orgIds: readonly string[],
    { sourceId, change }: { sourceId: string; change: SourceChange },
  ): Promise<void> {
    const row = await findSource(this.#parts.db.kysely, orgIds, sourceId);
    const owner = { orgId: row.org_id, sourceId };
    const next = await this.#versions.planned(row, change);
    const willBeActive = change.active ?? row.state !== "inactive";
    if (next || willBeActive !== (row.state !== "inactive")) {
      const old = await this.#versions.current(row);
      const ignoreHookErrors = change.ignoreHookErrors ?? false;
      const update = { row, owner, old, next: next ?? old, willBeActive, ignoreHookErrors };
      await this.#parts.inWork.during(sourceId, () => this.#change(update));
    }
    if (change.name !== undefined && change.name !== row.name) await this.#rename(owner, change.name);
  }

  /**
   * Deletes a source after its `deactivate` hook.
   * @throws ApiError 404, 409 while another change is under way, 422 when the hook throws: then the source stays
   */
  async delete(
    orgIds: readonly string[],
    { sourceId, ignoreHookErrors }: { sourceId: string; ignoreHookErrors: boolean },
  ): Promise<void> {
    const row = await findSource(this.#parts.db.kysely, orgIds, sourceId);
    const owner = { orgId: row.org_id, sourceId };
    const old = await this.#versions.current(row);
    const update = { row, owner, old, next: old, willBeActive: false, ignoreHookErrors };
    await this.#parts.inWork.during(sourceId, async () => {
      await this.#take(update);
      await this.#deactivate(update);
      await this.#parts.purge.remove(owner);
    });
    this.#parts.loader.forget(sourceId);
  }

  async #change(update: Update): Promise<void> {
    const { owner, old, next, willBeActive } = update;
    await this.#take(update);
    await this.#deactivate(update);
    try {
      if (next !== old || willBeActive) await this.#versions.put(owner, next);
      if (willBeActive) await this.#runHook(owner, "activate");
    } catch (error) {
      throw await this.#putBack(update, error);
    }
    await this.#versions.settle(owner, { version: next, to: willBeActive ? "active" : "inactive" });
  }

  async #take({ row, owner }: Update): Promise<void> {
    const { db, node, loader } = this.#parts;
    await db.transaction(async (trx) => {
      await takeForUpdate(trx, row, node);
      // A tick between two versions would meet neither.
      await stopTimers(trx, owner);
    });
    loader.forget(owner.sourceId);
  }

  /** Runs the old version's `deactivate`; when it throws, the source is left as it was. */
  async #deactivate({ row, owner, old, ignoreHookErrors }: Update): Promise<void> {
    if (row.state !== "active") return;
    try {
      await this.#runHook(owner, "deactivate");
    } catch (error) {
      if (ignoreHookErrors) return;
      await this.#versions.settle(owner, { version: old, to: "active" });
      throw error;
    }
  }

  /** Restores the old version after a failure, and answers the error to report. */
  async #putBack({ row, owner, old }: Update, error: unknown): Promise<unknown> {
    await this.#versions.put(owner, old);
    let to: "active" | "inactive" = row.state === "active" ? "active" : "inactive";
    let reported = error;
    if (to === "active") {
      try {
        await this.#runHook(owner, "activate");
      } catch (second) {
        to = "inactive";
        reported = bothFailed(error, second);
      }
    }
    await this.#versions.settle(owner, { version: old, to });
    return reported;
  }

  async #runHook(owner: InterfaceOwner, hook: HookName): Promise<void> {
    const source = await this.#parts.loader.load(owner);
    if (!source) throw new ApiError("not_found", `Source ${owner.sourceId} not found`);
    await this.#parts.hooks.run(source, hook);
  }

  async #rename(owner: InterfaceOwner, name: string): Promise<void> {
    const slug = slugOf(name);
    await this.#parts.db.transaction(async (trx) => {
      const taken = await takenSlugs(trx, { orgId: owner.orgId, slug, exceptSourceId: owner.sourceId });
      await trx
        .updateTable("sources")
        .set({ name, name_slug: freeSlug(slug, taken), updated_at_ms: Date.now() })
        .where("org_id", "=", owner.orgId)
        .where("source_id", "=", owner.sourceId)
        .execute();
    });
  }
}

function bothFailed(error: unknown, second: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const reason = second instanceof Error ? second.message : String(second);
  const message = `${error.message}. The previous version could not be activated again either, so the source is inactive now`;
  return new ApiError(error.code, message, {
    cause: error,
    details: [...(error.details ?? []), { path: "previous version", message: reason }],
    ...(error.userStack !== undefined && { userStack: error.userStack }),
  });
}
