import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { parseJson, stringifyLenient } from "../safe-json.ts";

/** What is needed of a prop to read its configured value. */
export interface InputShape {
  readonly type: string;
  readonly withLabel: boolean;
  readonly isDisabled: boolean;
  /** Makes a fresh default; undefined when there is none. */
  readonly makeDefault: () => unknown;
}

/** Reads the shape from a prop's fields, once per load: a default object is copied for each invocation. */
export function readInputShape(type: string, fields: UserObject): InputShape {
  return {
    type,
    withLabel: Boolean(fields["withLabel"]),
    isDisabled: Boolean(fields["disabled"]),
    makeDefault: defaultMaker(fields["default"]),
  };
}

function defaultMaker(value: unknown): () => unknown {
  if (typeof value !== "object" || value === null) return () => value;
  const json = stringifyLenient(value);
  return () => (json === undefined ? undefined : parseJson(json));
}

/**
 * Turns a configured value from its wire form into what the component sees; undefined means that the prop stays off
 * `this`. Types are not enforced: option values keep their own type, and whatever else was configured passes.
 */
export function readInput(wire: unknown, shape: InputShape): unknown {
  if (wire === undefined) return shape.isDisabled ? undefined : shape.makeDefault();
  // Cleared by the user, which is not the same as never set: no default. Only `any` has null among its values.
  if (wire === null) return shape.type === "any" ? null : undefined;
  const value = unwrapLabels(wire, shape.withLabel);
  if (shape.type === "object" && typeof value === "string") return parseObject(value);
  if (shape.type === "sql") return readSql(value);
  return value;
}

/** `{__lv: {label, value}}`, alone, around a list or in a list: the pair with `withLabel`, else the bare value. */
function unwrapLabels(wire: unknown, withLabel: boolean): unknown {
  if (Array.isArray(wire)) return wire.map((item: unknown) => unwrapLabels(item, withLabel));
  if (!isObject(wire) || !Object.hasOwn(wire, "__lv")) return wire;
  const labelled = wire["__lv"];
  if (Array.isArray(labelled)) return labelled.map((pair: unknown) => unwrapPair(pair, withLabel));
  return unwrapPair(labelled, withLabel);
}

function unwrapPair(pair: unknown, withLabel: boolean): unknown {
  return !withLabel && isObject(pair) && Object.hasOwn(pair, "value") ? pair["value"] : pair;
}

function parseObject(text: string): unknown {
  try {
    const parsed = parseJson(text);
    return typeof parsed === "object" && parsed !== null ? parsed : text;
  } catch {
    return text;
  }
}

function readSql(value: unknown): unknown {
  if (typeof value === "string") return { query: value, params: [] };
  return isObject(value) ? { ...value, query: value["query"] ?? value["value"], params: value["params"] ?? [] } : value;
}
