/**
 * Tables in an order in which they can be filled: what a row refers to comes before it. A table's references to itself
 * count for nothing, since they are checked when all of its rows are there.
 * @throws TypeError for tables that refer to each other in a circle
 */
export function fillingOrder<T extends { readonly name: string }>(
  tables: readonly T[],
  references: readonly { readonly from: string; readonly to: string }[],
): T[] {
  const ordered: T[] = [];
  const done = new Set<string>();
  let waiting = [...tables];
  while (waiting.length > 0) {
    const isReady = ({ name }: T): boolean =>
      references.every(({ from, to }) => from !== name || to === name || done.has(to));
    const ready = waiting.filter(isReady);
    if (ready.length === 0)
      throw new TypeError(`tables refer to each other: ${waiting.map(({ name }) => name).join()}`);
    for (const table of ready) done.add(table.name);
    ordered.push(...ready);
    waiting = waiting.filter(({ name }) => !done.has(name));
  }
  return ordered;
}
