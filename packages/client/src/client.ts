import { operations, type InputOf, type Operation, type OperationId, type ReplyOf } from "@millrace/contract";
import { AccessToken, type ClientCredentials } from "./access-token.ts";
import { errorOf } from "./errors.ts";
import { messagesOf } from "./messages-of.ts";

type Operations = typeof operations;
/** What an operation takes: its path, query and body in one object. */
export type CallInput<Id extends OperationId> = InputOf<Operations[Id]>;
/** What an operation answers. */
export type CallReply<Id extends OperationId> = ReplyOf<Operations[Id]>;

/** Operations whose reply is a page of a list. */
export type ListId = {
  [Id in OperationId]: CallReply<Id> extends { page_info: { end_cursor: string | null }; data: readonly unknown[] }
    ? Id
    : never;
}[OperationId];
export type ListItem<Id extends ListId> = CallReply<Id> extends { data: readonly (infer Item)[] } ? Item : never;

/** Operations that answer with server-sent events. */
export type StreamId = {
  [Id in OperationId]: Operations[Id] extends { streams: "sse" } ? Id : never;
}[OperationId];

interface ConnectionOptions {
  /** e.g. `http://localhost:3000` */
  url: string;
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch;
}

/** Either a user API key (or an OAuth token of the caller's own), or an OAuth client, whose tokens are fetched as needed. */
export type ClientOptions = ConnectionOptions & ({ token: string } | ClientCredentials);

export interface CallOptions {
  signal?: AbortSignal;
  /** POST: the same key with the same input gets the first answer again. */
  idempotencyKey?: string;
}

/** `{}` may be left out where nothing is required. */
type InputArguments<Id extends OperationId> =
  Record<string, never> extends CallInput<Id>
    ? [input?: CallInput<Id>, options?: CallOptions]
    : [input: CallInput<Id>, options?: CallOptions];

/** Calls the API by operation: inputs and replies have the types of the contract. */
export class MillraceClient {
  readonly #url: string;
  readonly #token: Pick<AccessToken, "get" | "drop">;
  readonly #fetch: typeof fetch;
  /** A token that was refused is worth another attempt with a new one. */
  readonly #refreshes: boolean;

  constructor(options: ClientOptions) {
    this.#url = options.url.replace(/\/+$/, "");
    this.#fetch = options.fetch ?? fetch;
    this.#token =
      "token" in options
        ? { get: () => Promise.resolve(options.token), drop() {} }
        : new AccessToken({ ...options, url: this.#url, fetch: this.#fetch });
    this.#refreshes = !("token" in options);
  }

  /**
   * Calls an operation, e.g. `call("createProject", { name: "Orders" })`.
   * @throws MillraceError when the server answers with anything but 2xx
   */
  async call<Id extends OperationId>(id: Id, ...[input, options]: InputArguments<Id>): Promise<CallReply<Id>> {
    const response = await this.#send(operations[id], { ...input }, options ?? {});
    if (!response.ok) throw await errorOf(response);
    if (response.status === 204) return undefined as CallReply<Id>;
    const reply: unknown = "streams" in operations[id] ? await response.blob() : await response.json();
    return reply as CallReply<Id>;
  }

  /** Where an operation is asked, for those who ask by themselves. */
  urlOf<Id extends OperationId>(id: Id, input: CallInput<Id>): string {
    const { path, rest } = filledPath(operations[id], { ...(input as object) });
    return `${this.#url}/v1${path}${queryOf(rest)}`;
  }

  /** Goes through all items of a list, page by page. */
  async *items<Id extends ListId>(id: Id, input?: CallInput<Id>): AsyncGenerator<ListItem<Id>> {
    let after: string | undefined;
    for (;;) {
      const query: Record<string, unknown> = { limit: 100, ...input, ...(after !== undefined && { after }) };
      const response = await this.#send(operations[id], query, {});
      if (!response.ok) throw await errorOf(response);
      const page = (await response.json()) as Page<ListItem<Id>>;
      yield* page.data;
      const { end_cursor } = page.page_info;
      if (end_cursor === null || page.data.length < Number(query["limit"])) return;
      after = end_cursor;
    }
  }

  /**
   * Follows server-sent events until the server or the signal ends them, e.g. `stream("streamSourceEvents", { source_id })`.
   * @throws MillraceError when the server answers with anything but 2xx
   */
  async *stream<Id extends StreamId>(
    id: Id,
    input: CallInput<Id>,
    options: Pick<CallOptions, "signal"> = {},
  ): AsyncGenerator<CallReply<Id>> {
    const response = await this.#send(operations[id], { ...input }, options);
    if (!response.ok) throw await errorOf(response);
    yield* messagesOf<CallReply<Id>>(response);
  }

  async #send(operation: Operation, input: Record<string, unknown>, options: CallOptions): Promise<Response> {
    const token = await this.#token.get();
    const response = await this.#sendWith(token, { operation, input, options });
    if (response.status !== 401 || !this.#refreshes) return response;
    this.#token.drop(token);
    return this.#sendWith(await this.#token.get(), { operation, input, options });
  }

  async #sendWith(token: string, { operation, input, options }: PreparedCall): Promise<Response> {
    const { path, rest } = filledPath(operation, input);
    const hasBody = operation.method === "POST" || operation.method === "PUT";
    const query = hasBody ? "" : queryOf(rest);
    return this.#fetch(`${this.#url}/v1${path}${query}`, {
      method: operation.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(hasBody && { "content-type": "application/json" }),
        ...(options.idempotencyKey !== undefined && { "idempotency-key": options.idempotencyKey }),
      },
      ...(hasBody && { body: JSON.stringify(bodyOf(operation, rest)) }),
      ...(options.signal && { signal: options.signal }),
    });
  }
}

interface PreparedCall {
  readonly operation: Operation;
  readonly input: Record<string, unknown>;
  readonly options: CallOptions;
}

interface Page<Item> {
  page_info: { end_cursor: string | null };
  data: Item[];
}

function filledPath(operation: Operation, input: Record<string, unknown>) {
  const rest = { ...input };
  const path = operation.path.replace(/:(\w+)/g, (_match, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    // A URL parser would take these for steps in the path, encoded or not.
    if (value === "." || value === "..") throw new TypeError(`${name} cannot be ${value}`);
    return encodeURIComponent(value);
  });
  return { path, rest };
}

/** Fields under names of the caller's choice stand beside the others. */
function bodyOf(operation: Operation, { fields, ...rest }: Record<string, unknown>): object {
  if (operation.openBody && typeof fields === "object") return { ...rest, ...fields };
  return fields === undefined ? rest : { ...rest, fields };
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    query.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
