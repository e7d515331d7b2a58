/** How a source drops repeats, and what it remembers for it, per channel. */
export type DedupeStrategy = "unique" | "greatest" | "last";

const UNIQUE_CAPACITY = 100;

/** What one channel of one source remembers; stored as JSON. */
export interface DedupeMemory {
  /** `unique`: the last ids delivered, oldest first. */
  ids?: string[];
  /** `greatest`: the greatest numeric id delivered. */
  greatest?: string;
  /** `last`: the id of the newest event of the latest batch. */
  last?: string;
}

export interface DedupeDecision {
  /** For each id of the batch, in order: true = deliver. */
  deliver: boolean[];
  memory: DedupeMemory;
  /** Indexes that could not be compared (no id, or no number under `greatest`): delivered, and worth a warning. */
  uncomparable: number[];
}

/**
 * Decides which events of one batch of one channel are delivered. Ids are compared as full strings.
 * @param strategy the component's `dedupe`
 * @param memory what the channel remembers so far
 * @param ids the batch's ids, oldest event first; null where an event has none
 */
export function dedupe(
  strategy: DedupeStrategy,
  memory: DedupeMemory,
  ids: readonly (string | null)[],
): DedupeDecision {
  if (strategy === "unique") return dedupeUnique(memory, ids);
  if (strategy === "greatest") return dedupeGreatest(memory, ids);
  return dedupeLast(memory, ids);
}

function dedupeUnique(memory: DedupeMemory, ids: readonly (string | null)[]): DedupeDecision {
  const remembered = [...(memory.ids ?? [])];
  const known = new Set(remembered);
  const uncomparable: number[] = [];
  const deliver = ids.map((id, index) => {
    if (id === null) {
      uncomparable.push(index);
      return true;
    }
    if (known.has(id)) return false;
    known.add(id);
    remembered.push(id);
    if (remembered.length > UNIQUE_CAPACITY) known.delete(remembered.shift() ?? "");
    return true;
  });
  return { deliver, memory: { ids: remembered }, uncomparable };
}

function dedupeGreatest(memory: DedupeMemory, ids: readonly (string | null)[]): DedupeDecision {
  let greatest = memory.greatest;
  const uncomparable: number[] = [];
  const deliver = ids.map((id, index) => {
    if (id === null || !isNumeric(id)) {
      uncomparable.push(index);
      return true;
    }
    if (greatest !== undefined && !isGreater(id, greatest)) return false;
    greatest = id;
    return true;
  });
  return { deliver, memory: greatest === undefined ? {} : { greatest }, uncomparable };
}

function dedupeLast(memory: DedupeMemory, ids: readonly (string | null)[]): DedupeDecision {
  const lastSeenAt = memory.last === undefined ? -1 : ids.lastIndexOf(memory.last);
  const newest = ids.findLast((id) => id !== null) ?? memory.last;
  return {
    deliver: ids.map((id, index) => id === null || index > lastSeenAt),
    memory: newest === undefined ? {} : { last: newest },
    uncomparable: ids.flatMap((id, index) => (id === null ? [index] : [])),
  };
}

function isNumeric(id: string): boolean {
  return id.trim() !== "" && Number.isFinite(Number(id));
}

// Snowflake-like ids have more digits than a double holds.
function isGreater(left: string, right: string): boolean {
  if (/^-?\d+$/.test(left) && /^-?\d+$/.test(right)) return BigInt(left) > BigInt(right);
  return Number(left) > Number(right);
}
