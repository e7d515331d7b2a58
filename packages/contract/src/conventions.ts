import { Type, type TSchema } from "typebox";

/** `{"data": …}`. */
export function dataOf<Item extends TSchema>(item: Item) {
  return Type.Object({ data: item });
}

const cursor = Type.Union([Type.String(), Type.Null()]);

export const pageInfo = Type.Object({
  total_count: Type.Integer(),
  count: Type.Integer(),
  start_cursor: cursor,
  end_cursor: cursor,
});

/** `{"page_info": …, "data": […]}`: the reply of every list. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({ page_info: pageInfo, data: Type.Array(item) });
}

/** The parameters of every list; spread them into the query of an operation. */
export const pageParameters = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Items in a page; default 10." })),
  after: Type.Optional(Type.String({ description: "Cursor: the page that follows it." })),
  before: Type.Optional(Type.String({ description: "Cursor: the page that ends before it." })),
};

/** The reply of an operation that answers 204. */
export const noContent = Type.Undefined();

/** `{}`. */
export const emptyReply = Type.Object({});

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** A role in a workspace. */
export const roleSchema = Type.Union([
  Type.Literal("owner"),
  Type.Literal("admin"),
  Type.Literal("member"),
  Type.Literal("viewer"),
]);

export const emailSchema = Type.String({ minLength: 3, maxLength: 254, pattern: "^[^\\s@]+@[^\\s@]+$" });

/** Epoch seconds. */
export const epochSeconds = Type.Integer({ description: "Epoch seconds." });

/** Accounts alone show times in ISO 8601. */
export const isoTime = Type.String({ description: "ISO 8601." });

/** An object of any JSON values, kept as it is. */
/**
 * Values by names of the caller's choice. Names that every object answers to already are refused: whoever looked one up would
 * find what nobody put there.
 */
export function mapOf<Value extends TSchema>(value: Value, options: { description?: string } = {}) {
  const name = Type.String({ pattern: "^(?!(?:__proto__|constructor|prototype)$)" });
  return Type.Record(name, value, { ...options, additionalProperties: false });
}

export const anyObject = Type.Record(Type.String(), Type.Unknown());

/** What every failed request answers. */
export const errorReply = Type.Object({
  error: Type.String({ description: "One sentence for people." }),
  code: Type.String({ description: "One of a closed list, for programs." }),
  details: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  stack: Type.Optional(Type.String({ description: "The stack of the user's own code." })),
  request_id: Type.String(),
});

/** What a failed request to an endpoint of OAuth answers (RFC 6749, 5.2). */
export const oauthErrorReply = Type.Object({
  error: Type.String({ description: "`invalid_client`, `invalid_scope`, …" }),
  error_description: Type.String(),
});
