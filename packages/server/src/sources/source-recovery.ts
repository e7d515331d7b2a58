import { sql } from "kysely";
import type { InterfaceOwner } from "./interface-rows.ts";
import type { SourceParts } from "./source-parts.ts";
import type { SourceRow } from "./source-rows.ts";
import { SourceVersions } from "./source-version.ts";

/** A source that some process works on, or did when it died. */
interface WorkedOn extends SourceRow {
  deploying_node_id: string | null;
  deploying_epoch: number | null;
}

/** Cleans up after processes that died while they deployed or updated sources. */
export class SourceRecovery {
  readonly #parts: SourceParts;
  readonly #versions: SourceVersions;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.#versions = new SourceVersions(parts);
  }

  /**
   * Removes sources whose deploy was cut off; then settles those whose update was, which runs their hooks and may take
   * its time.
   */
  async recover(): Promise<{ settled: Promise<void> }> {
    const { rows } = await sql<WorkedOn>`select * from sources where state in ('deploying', 'updating')`.execute(
      this.#parts.db.kysely,
    );
    const { deploying = [], updating = [] } = Object.groupBy(rows, (row) => row.state);
    await this.#takeOverAll(deploying);
    return { settled: this.#takeOverAll(updating) };
  }

  async #takeOverAll(rows: readonly WorkedOn[]): Promise<void> {
    for (const row of rows) {
      if (await this.#isAbandoned(row)) await this.#parts.inWork.during(row.source_id, () => this.#takeOver(row));
    }
  }

  async #isAbandoned(row: WorkedOn): Promise<boolean> {
    const { node, inWork } = this.#parts;
    const { deploying_node_id: nodeId, deploying_epoch: epoch } = row;
    if (nodeId === null || epoch === null) return true;
    if (nodeId === node.nodeId && epoch === node.epoch) return !inWork.has(row.source_id);
    return node.isGone({ nodeId, epoch });
  }

  /** One node gets each. */
  async #takeOver(row: WorkedOn): Promise<void> {
    const { db, node, purge } = this.#parts;
    const { rowCount } = await db.query(
      `update sources set deploying_node_id = $3, deploying_epoch = $4
       where org_id = $1 and source_id = $2 and state = $5
         and (deploying_node_id, deploying_epoch) is not distinct from ($6::text, $7::bigint)`,
      [row.org_id, row.source_id, node.nodeId, node.epoch, row.state, row.deploying_node_id, row.deploying_epoch],
    );
    if (rowCount === 0) return;
    const owner = { orgId: row.org_id, sourceId: row.source_id };
    if (row.state === "deploying") await purge.remove(owner);
    else await this.#settle(owner, row);
  }

  /**
   * How far the update had come is unknown, so a source that was active is activated anew. When that fails, it is left
   * inactive, and says why on `$errors`.
   */
  async #settle(owner: InterfaceOwner, row: SourceRow): Promise<void> {
    const version = await this.#versions.current(row);
    await this.#versions.put(owner, version);
    const isActivated = row.was_active && (await this.#reactivate(owner));
    await this.#versions.settle(owner, { version, to: isActivated ? "active" : "inactive" });
  }

  async #reactivate(owner: InterfaceOwner): Promise<boolean> {
    const { loader, hooks, log } = this.#parts;
    const source = await loader.load(owner);
    if (!source) return false;
    // It may have been active or not: what deactivating says does not matter.
    await hooks.run(source, "deactivate").catch(() => {});
    try {
      await hooks.run(source, "activate");
      return true;
    } catch (error) {
      const { orgId, sourceId } = owner;
      const msg = error instanceof Error ? error.message : String(error);
      const payload = JSON.stringify({
        error: { code: "ACTIVATE_FAILED", msg, cellId: sourceId, ts: new Date().toISOString(), stack: null },
        original_event: null,
        original_context: { source_id: sourceId, owner_id: orgId },
      });
      await log.commit({ events: [{ orgId, emitterId: sourceId, channel: "$errors", payload }] });
      return false;
    }
  }
}
