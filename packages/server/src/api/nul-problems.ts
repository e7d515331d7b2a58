import type { TSchema } from "typebox";
import type { ErrorDetail } from "../core/index.ts";
import { shapeOf, type SchemaShape } from "./schema-shape.ts";

/**
 * Names the texts that hold a NUL: PostgreSQL stores none. Inside free JSON (an event, props, credentials) it may stand,
 * since it is escaped there.
 */
export function nulProblems(schema: TSchema, value: unknown, path: string): ErrorDetail[] {
  return problemsIn(shapeOf(schema), value, path);
}

function problemsIn(shape: SchemaShape, value: unknown, path: string): ErrorDetail[] {
  if (typeof value === "string") {
    return isText(shape) && value.includes("\0") ? [{ path, message: "must not contain the character NUL" }] : [];
  }
  const { items } = shape;
  if (!items || !Array.isArray(value)) return [];
  return value.flatMap((item, index) => problemsIn(items, item, `${path}[${index}]`));
}

function isText(shape: SchemaShape): boolean {
  return shape.type === "string" || (shape.anyOf?.some(isText) ?? false);
}
