import type { TSchema } from "typebox";
import { isNestedTooDeeply } from "../core/index.ts";
import { shapeOf, type SchemaShape } from "./schema-shape.ts";

/**
 * Converts the text of a query or path parameter to what its schema wants. Text that does not convert is given back, so
 * that validation names it; repeated parameters become a list only where the schema wants one, else the last wins.
 */
export function coerceText(schema: TSchema, value: unknown): unknown {
  return coerce(shapeOf(schema), value);
}

function coerce(shape: SchemaShape, value: unknown): unknown {
  if (shape.anyOf) return coerceUnion(shape.anyOf, value);
  if (shape.type === "array") return coerceArray(shape, value);
  const text: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof text !== "string") return text;
  if (shape.type === "integer" || shape.type === "number") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (shape.type === "boolean") return coerceBoolean(text);
  if (shape.type === "object") return parseJson(text);
  return text;
}

function coerceBoolean(text: string): unknown {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  return text;
}

function coerceArray(shape: SchemaShape, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.startsWith("[")) return parseJson(value);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return shape.items ? items.map((item) => coerce(shape.items ?? {}, item)) : items;
}

/** The first alternative that the text converts to; a text alternative takes what no other wants. */
function coerceUnion(alternatives: readonly SchemaShape[], value: unknown): unknown {
  for (const alternative of alternatives) {
    const converted = coerce(alternative, value);
    if (typeof converted !== "string" && converted !== value) return converted;
  }
  return Array.isArray(value) ? value.at(-1) : value;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isNestedTooDeeply(value) ? text : value;
  } catch {
    return text;
  }
}
