/** A value with its place in the tree. */
export interface Child {
  key: string;
  /** As an expression reads it. */
  path: string;
  value: unknown;
}

const PREVIEW_LENGTH = 80;
const PREVIEW_KEYS = 6;

/** The first `count` children of an object or a list. */
export function childrenOf(parent: Child, count: number): Child[] {
  const { value, path } = parent;
  if (Array.isArray(value)) {
    return value
      .slice(0, count)
      .map((item: unknown, index) => ({ key: String(index), path: `${path}[${index}]`, value: item }));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value)
    .slice(0, count)
    .map((key) => ({ key, path: memberPath(path, key), value: (value as Record<string, unknown>)[key] }));
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** A closed object or list in one short line. */
export function previewOf(value: object): string {
  if (Array.isArray(value)) return `[${value.length} ${value.length === 1 ? "item" : "items"}]`;
  const keys = Object.keys(value);
  const text = keys.slice(0, PREVIEW_KEYS).join(", ");
  const isCut = keys.length > PREVIEW_KEYS || text.length > PREVIEW_LENGTH;
  return `{ ${text.slice(0, PREVIEW_LENGTH)}${isCut ? ", …" : ""} }`;
}
