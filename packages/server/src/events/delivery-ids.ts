import type pg from "pg";

const BLOCK_SIZE = 1000;

/** Delivery ids, taken from the database in blocks so that a commit need not ask for them. Gaps do no harm. */
export class DeliveryIds {
  #next = 0;
  #end = 0;
  readonly #spare: number[] = [];

  /** Makes sure that `count` ids can be taken. */
  async reserve(client: pg.ClientBase, count: number): Promise<void> {
    const missing = count - (this.#end - this.#next) - this.#spare.length * BLOCK_SIZE;
    if (missing <= 0) return;
    const { rows } = await client.query<{ block: number }>(
      "select nextval('delivery_id_blocks') as block from generate_series(1, $1)",
      [Math.ceil(missing / BLOCK_SIZE)],
    );
    this.#spare.push(...rows.map((row) => row.block));
  }

  take(): number {
    if (this.#next === this.#end) {
      const block = this.#spare.shift();
      if (block === undefined) throw new Error("Delivery ids were taken without being reserved");
      this.#next = block * BLOCK_SIZE;
      this.#end = this.#next + BLOCK_SIZE;
    }
    return this.#next++;
  }
}
