import type { CommonInput, Operation } from "@millrace/contract";
import { Value } from "typebox/value";
import type { TSchema } from "typebox";
import { shapeOf, type SchemaShape } from "./schema-shape.ts";

/**
 * Copies a reply, keeping only what its schema declares: what a handler holds by accident never leaves the server.
 * Places that the schema leaves open (`unknown`, records) are kept whole.
 */
export function declaredOnly(schema: TSchema, value: unknown): unknown {
  return pick(shapeOf(schema), value);
}

function pick(shape: SchemaShape, value: unknown): unknown {
  if (shape.anyOf) {
    const fitting = shape.anyOf.find((alternative) => Value.Check(alternative as TSchema, value));
    return fitting ? pick(fitting, value) : value;
  }
  if (Array.isArray(value)) {
    const items = shape.items;
    return items ? value.map((item) => pick(items, item)) : value;
  }
  if (!shape.properties || typeof value !== "object" || value === null) return value;
  const picked: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(shape.properties)) {
    if (Object.hasOwn(value, name)) picked[name] = pick(property, Reflect.get(value, name));
  }
  return picked;
}

/** Applies `include`, then `exclude`, to the top-level fields of `data` or of each of its items; never to `page_info`. */
export function filterFields(body: unknown, filter: CommonInput): unknown {
  if (filter.include === undefined && filter.exclude === undefined) return body;
  if (typeof body !== "object" || body === null || !("data" in body)) return body;
  const included = filter.include === undefined ? null : namesOf(filter.include);
  const excluded = namesOf(filter.exclude ?? "");
  const keep = (item: unknown): unknown => {
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(
      Object.entries(item).filter(([name]) => (included === null || included.has(name)) && !excluded.has(name)),
    );
  };
  return { ...body, data: Array.isArray(body.data) ? body.data.map(keep) : keep(body.data) };
}

function namesOf(list: string): Set<string> {
  return new Set(
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
}

/** Why a reply does not fit its operation; null when it does. */
export function replyMismatch(operation: Operation, body: unknown): string | null {
  if (operation.status === 204 || operation.streams) return null;
  const [first] = Value.Errors(operation.reply, body);
  return first ? `${operation.id}: ${first.instancePath || "the reply"} ${first.message}` : null;
}
