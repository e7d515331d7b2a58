import type { Static, TObject, TSchema } from "typebox";

/** Who may call: nobody checked, any token, or a user API key only. */
export type Access = "public" | "token" | "user_key";

/**
 * One operation of the API. It is the only source for validation, serialisation, the handler's types, the client's
 * types and the OpenAPI document.
 */
export interface Operation<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TObject = TObject,
  Reply extends TSchema = TSchema,
> {
  /** camelCase; equals the name of the route's file. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`, with `:name` parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  /** POST and PUT: each field may also come in the query string; the body wins. */
  readonly body?: Body;
  readonly status: 200 | 201 | 202 | 204;
  readonly reply: Reply;
}

/** Declares an operation, keeping its literal types. */
export function operation<
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
  Reply extends TSchema,
  const O extends Operation<Params, Query, Body, Reply>,
>(declared: O & Operation<Params, Query, Body, Reply>): O {
  return declared;
}

type StaticOf<S> = S extends TSchema ? Static<S> : unknown;

/** What a handler receives: path parameters, query and body merged, validated and converted. */
export type InputOf<O extends Operation> = StaticOf<O["params"]> & StaticOf<O["query"]> & StaticOf<O["body"]>;

/** What a handler answers. */
export type ReplyOf<O extends Operation> = Static<O["reply"]>;
