import type { Static, TObject, TSchema } from "typebox";

/** Who may call: nobody checked, any token, users only (by API key or logged in), or only a logged-in browser. */
export type Access = "public" | "token" | "user_key" | "session";

/** A member's role in a workspace, weakest first. */
export const roles = ["viewer", "member", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/**
 * One operation of the API. It is the only source for validation, serialisation, the handler's types, the client's
 * types and the OpenAPI document.
 */
export interface Operation {
  /** camelCase; equals the name of the route's file. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`, with `:name` parameters, of which a `:path` at the end may have slashes; of a workspace always `/workspaces/…` (`/orgs/…` is an alias of all). */
  readonly path: string;
  readonly summary: string;
  /** More than the summary says, for the reference. */
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  /** The weakest role that may call it; `viewer` for GET and `member` for the rest when absent. */
  readonly role?: Role;
  readonly params?: TObject;
  readonly query?: TObject;
  /** POST and PUT: each field may also come in the query string; the body wins. */
  readonly body?: TObject;
  /** Further fields of the body, under names of the caller's choice, each like this; handlers get them as `fields`. */
  readonly openBody?: TSchema;
  /** An OAuth token with this scope may call it too, whatever else it may not. */
  readonly connectScope?: "connect:accounts:read" | "connect:accounts:write";
  /** True: makes something in the workspace that `org_id` names (see `request.orgId()`). */
  readonly takesOrgId?: boolean;
  /** Not GET, but only asks; the audit log holds changes. */
  readonly changesNothing?: true;
  readonly status: 200 | 201 | 202 | 204 | 302;
  readonly reply: TSchema;
  /**
   * The route writes the response itself. `sse`: it is `text/event-stream`, and `reply` describes the data of one message.
   * `file`: it is the bytes of a file.
   */
  readonly streams?: "sse" | "file";
  /** The body is a file, of any type and size, which the route reads as it comes. Such an operation has no `body`. */
  readonly takesFile?: boolean;
  /** Passwords or one-time tokens come in: in the body alone, and never from a page of another site. */
  readonly handlesPasswords?: boolean;
  /**
   * `oauth`: bodies may be forms too, nothing is read from the query string, and errors have the form of RFC 6749:
   * `{error, error_description}`.
   */
  readonly dialect?: "oauth";
}

/** Declares an operation, keeping its literal types. */
export function operation<const O extends Operation>(declared: O): O {
  return declared;
}

/** The weakest role that may call an operation. */
export function roleOf(declared: Operation): Role {
  return declared.role ?? (declared.method === "GET" ? "viewer" : "member");
}

/** The scope that an OAuth token needs to call an operation of the REST API. */
export function scopeOf(declared: Operation): "read" | "write" {
  return declared.method === "GET" ? "read" : "write";
}

/** The scopes of which an OAuth token needs one. */
export function scopesOf(declared: Operation): string[] {
  return [scopeOf(declared), ...(declared.connectScope === undefined ? [] : [declared.connectScope])];
}

type PartOf<O, Key extends string> = O extends { readonly [K in Key]: infer S extends TSchema } ? Static<S> : unknown;

/** Parameters that every operation accepts. */
export interface CommonInput {
  /** Comma-separated names of the fields to keep of `data`, or of each item of a list. */
  include?: string;
  /** Comma-separated names of the fields to leave out; applied after `include`. */
  exclude?: string;
  org_id?: string;
}

type OpenPartOf<O> = O extends { readonly openBody: infer S extends TSchema }
  ? { fields: Record<string, Static<S>> }
  : unknown;

/** What a handler receives: path parameters, query and body merged, validated and converted. */
export type InputOf<O extends Operation> = PartOf<O, "params"> &
  PartOf<O, "query"> &
  PartOf<O, "body"> &
  OpenPartOf<O> &
  CommonInput;

/** What a handler answers. */
export type ReplyOf<O extends Operation> = Static<O["reply"]>;
