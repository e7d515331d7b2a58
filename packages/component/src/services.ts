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

/** The value of a `data_store` prop. */
export interface DataStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, options?: { ttl?: number }): Promise<void>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
  clear(): Promise<void>;
  [Symbol.asyncIterator](): AsyncIterator<[string, unknown]>;
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

/** `$` in the argument of an action's `run`. */
export interface ActionContext {
  /** Exports a value of the step; `$summary` is its status line. */
  export(key: string, value: unknown): void;
  /** Answers the HTTP request that triggered the workflow. */
  respond(response: HttpReply & { immediate?: boolean }): Promise<void>;
  flow: {
    /** Ends the workflow after this step; return its result to leave the step. */
    exit(reason?: string): unknown;
    /** Goes on after so many milliseconds. */
    delay(ms: number): { resume_url: string; cancel_url: string };
    /** Goes on when a URL is called, or is cancelled after so many milliseconds. */
    suspend(ms?: number): { resume_url: string; cancel_url: string };
    /** Runs this step again after so many milliseconds. */
    rerun(ms: number, context?: unknown, maxRetries?: number): { resume_url: string; cancel_url: string };
  };
  context: Record<string, unknown> & { run?: { runs: number; context?: unknown; callback_request?: unknown } };
}
