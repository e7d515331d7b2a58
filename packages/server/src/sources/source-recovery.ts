import { sql } from "kysely";
import type { InterfaceOwner } from "./interface-rows.ts";
import type { SourceParts } from "./source-parts.ts";
import type { SourceRow } from "./source-rows.ts";
import { SourceVersions } from "./source-version.ts";

/** Cleans up after processes that died while they deployed or updated sources. */
export class SourceRecovery {
  readonly #parts: SourceParts;
  readonly #versions: SourceVersions;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#versions = new SourceVersions(parts);
  }

  /**
   * Removes sources whose deploy was cut off, and settles those whose update was. Call it at the start of a node, and
   * with the id of each node that is declared lost. Returns how many there were.
   */
  async recover(lostNodeId?: string): Promise<number> {
    const abandoned = await this.#takeAbandoned(lostNodeId);
    for (const row of abandoned) {
      const owner = { orgId: row.org_id, sourceId: row.source_id };
      await this.#parts.inWork.during(row.source_id, () =>
        row.state === "deploying" ? this.#parts.purge.remove(owner) : this.#settle(owner, row),
      );
    }
    return abandoned.length;
  }

  /** Takes over what no living process works on: one node gets each. */
  async #takeAbandoned(lostNodeId: string | undefined): Promise<SourceRow[]> {
    const { nodeId, epoch } = this.#parts.node;
    const inWork = this.#parts.inWork.ids;
    const { rows } = await sql<SourceRow>`
      update sources set deploying_node_id = ${nodeId}, deploying_epoch = ${epoch}
      where (org_id, source_id) in (
        select org_id, source_id from sources
        left join nodes on node_id = deploying_node_id and nodes.epoch = deploying_epoch
        where state in ('deploying', 'updating')
          and (node_id is null or stopped_at_ms is not null or node_id = ${lostNodeId ?? null}
            or (node_id = ${nodeId} and source_id <> all(${inWork}::text[])))
        for update of sources skip locked)
      returning *`.execute(this.#parts.db.kysely);
    return rows;
  }

  /**
   * How far the update had come is unknown, so a source that was active is activated anew. When that fails, it is left
   * inactive, and says why on `$errors`.
   */
  async #settle(owner: InterfaceOwner, row: SourceRow): Promise<void> {
    const { loader, hooks, log } = this.#parts;
    const version = await this.#versions.current(row);
    await this.#versions.put(owner, version);
    let to: "active" | "inactive" = row.was_active ? "active" : "inactive";
    const source = await loader.load(owner);
    if (source && to === "active") {
      // It may have been active or not: what deactivating says does not matter.
      await hooks.run(source, "deactivate").catch(() => {});
      try {
        await hooks.run(source, "activate");
      } catch (error) {
        to = "inactive";
        const msg = error instanceof Error ? error.message : String(error);
        const payload = JSON.stringify({
          error: { code: "ACTIVATE_FAILED", msg, cellId: owner.sourceId, ts: new Date().toISOString(), stack: null },
          original_event: null,
          original_context: { source_id: owner.sourceId, owner_id: owner.orgId },
        });
        await log.commit({ events: [{ orgId: owner.orgId, emitterId: owner.sourceId, channel: "$errors", payload }] });
      }
    }
    await this.#versions.settle(owner, { version, to });
  }
}
