import type { Database } from "../db/index.ts";

/** When the next delivery that nobody holds becomes due, lanes aside; null when none will. What is due already is not asked for. */
export async function nextDueAtMs(db: Database, nowMs: number): Promise<number | null> {
  const { rows } = await db.query<{ due_at_ms: number | null }>(
    "select min(due_at_ms) as due_at_ms from deliveries where node_id is null and not in_lane and due_at_ms > $1",
    [nowMs],
  );
  return rows[0]?.due_at_ms ?? null;
}
