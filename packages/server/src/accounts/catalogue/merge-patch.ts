type JsonObject = Record<string, unknown>;

/** Lays a JSON merge patch (RFC 7396) over a value: objects are merged at any depth, null removes, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  const kept = Object.entries(base).filter(([name]) => patch[name] !== null);
  const changed = Object.entries(patch)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, mergePatch(base[name], value)]);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(changed) };
}

/** Makes one patch of two: what the second says goes before the first, and what it removes stays removed. */
export function joinPatches(first: unknown, second: unknown): unknown {
  if (!isObject(first) || !isObject(second)) return second;
  const joined = Object.entries(second).map(([name, value]) => [
    name,
    Object.hasOwn(first, name) ? joinPatches(first[name], value) : value,
  ]);
  return { ...first, ...Object.fromEntries(joined) };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
