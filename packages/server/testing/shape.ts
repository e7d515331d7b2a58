import assert from "node:assert/strict";

/** `"any"`, `"integer"`, `"string|null"`, a pattern, `[item]`, or an object with exactly these fields. */
export type Shape = string | RegExp | Shape[] | { [name: string]: Shape };

/** Fails unless a value has a shape, naming the place that differs. */
export function assertShape(value: unknown, shape: Shape, path = "reply"): void {
  if (shape instanceof RegExp) {
    assert.match(String(value), shape, path);
  } else if (typeof shape === "string") {
    const isFit = shape === "any" || shape.split("|").includes(kindOf(value));
    assert.ok(isFit, `${path} is ${kindOf(value)}, not ${shape}`);
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), `${path} is no list`);
    for (const [index, item] of value.entries()) assertShape(item, shape[0] ?? "any", `${path}[${index}]`);
  } else {
    assert.ok(typeof value === "object" && value !== null, `${path} is no object`);
    assert.deepEqual(Object.keys(value).toSorted(), Object.keys(shape).toSorted(), path);
    for (const [name, part] of Object.entries(shape)) assertShape(Reflect.get(value, name), part, `${path}.${name}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}
