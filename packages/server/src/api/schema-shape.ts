import type { TSchema } from "typebox";

/** The JSON Schema keywords that this folder looks at. */
export interface SchemaShape {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaShape[];
  readonly items?: SchemaShape;
  readonly properties?: Readonly<Record<string, SchemaShape>>;
}

/** A TypeBox schema as the plain JSON Schema that it is. */
export function shapeOf(schema: TSchema): SchemaShape {
  return schema;
}

/** True when `null` is a valid value. */
export function acceptsNull(schema: TSchema): boolean {
  return takesNull(shapeOf(schema));
}

function takesNull(shape: SchemaShape): boolean {
  if (shape.anyOf) return shape.anyOf.some(takesNull);
  return shape.type === "null" || (shape.type === undefined && shape.const === undefined);
}
