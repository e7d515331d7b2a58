/** Deeper input is refused: writing it back as JSON overflows the stack, here and in the database. */
export const MAX_JSON_LEVELS = 300;

/** True when lists and objects of a JSON value stand in each other more than `MAX_JSON_LEVELS` deep. */
export function isNestedTooDeeply(value: unknown): boolean {
  let level = childrenOf([value]);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_JSON_LEVELS) return true;
    level = childrenOf(level.flatMap((node): unknown[] => Object.values(node)));
  }
  return false;
}

function childrenOf(values: readonly unknown[]): object[] {
  return values.filter((value) => typeof value === "object" && value !== null);
}
