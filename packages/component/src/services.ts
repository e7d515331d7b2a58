/** The value of a `$.service.db` prop: a small store that belongs to one deployed source. Synchronous. */
export interface Db {
  /** A fresh copy of the stored value; undefined when there is none. */
  get(key: string): unknown;
  /** Stores anything that JSON can say; undefined unsets the key. Kept also when the run fails afterwards. */
  set(key: string, value: unknown): void;
}

/** The value of a `$.interface.http` prop. */
export interface HttpInterface {
  /** The source's own URL. */
  endpoint: string;
  /** Answers the request; works with `customResponse` only, and only the first time. */
  respond(response: HttpReply): void;
}
export interface HttpReply {
  /** 200 when absent. */
  status?: number;
  headers?: Record<string, string | readonly string[]>;
  /** Objects are sent as JSON. */
  body?: unknown;
}

/** The value of an app prop, beside the app's own methods. */
export interface AppInstance {
  /** Credentials of the connected account; empty when there is none. */
  $auth: Record<string, string>;
}

export interface EmitMetadata {
  /** Decides with `dedupe` which events are new. */
  id?: string | number;
  /** One line for lists of events. */
  summary?: string;
  /** When it happened, in epoch milliseconds: events of one run are ordered by it. */
  ts?: number;
  /** Channel; listeners subscribe to it by this name. */
  name?: string;
  /** Deliver then, in epoch milliseconds. */
  delivery_ts?: number;
}
export type Emit = (event: unknown, metadata?: EmitMetadata) => void;
