/** The exports that a step sees: those of the steps before it in its own branch, and of the blocks around it. */
export class Scope {
  readonly #parent: Scope | null;
  #text = "";

  constructor(parent: Scope | null) {
    this.#parent = parent;
  }

  /** Adds what a step exported, as the JSON text of an object. */
  add(namespace: string, exports: string): void {
    this.#text += `,${JSON.stringify(namespace)}:${exports}`;
  }

  /** JSON text of `steps`. */
  stepsText(trigger: string): string {
    return `{"trigger":${trigger}${this.#all()}}`;
  }

  #all(): string {
    return this.#parent === null ? this.#text : this.#parent.#all() + this.#text;
  }
}

/** JSON text of all that a step exported, its return value included. */
export function exportsText(row: { exports: string | null; returnValue: string | null }): string {
  const named = row.exports ?? "{}";
  if (row.returnValue === null) return named;
  const returned = `"$return_value":${row.returnValue}}`;
  return named === "{}" ? `{${returned}` : `${named.slice(0, -1)},${returned}`;
}

/** JSON text of an object with JSON texts as its values. */
export function objectText(values: Readonly<Record<string, string>>): string {
  return `{${Object.entries(values)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(",")}}`;
}

/** What a branch comes to: the last step's return value, or else its exports. */
export function valueOf(row: { exports: string | null; returnValue: string | null }): string {
  return row.returnValue ?? row.exports ?? "null";
}
