import type { FileStore } from "./files.ts";
import type { HttpReply } from "./services.ts";

/** The value of a `data_store` prop: values are JSON; everything happens in the server, so everything is awaited. */
export interface DataStore {
  /** Undefined when there is no such key. */
  get(key: string): Promise<unknown>;
  /** @param options `ttl`: seconds until the record goes. */
  set(key: string, value: unknown, options?: { ttl?: number }): Promise<void>;
  /** Null keeps the record for good. Says whether there is such a key. */
  setTtl(key: string, ttl: number | null): Promise<boolean>;
  has(key: string): Promise<boolean>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
  entries(): Promise<[string, unknown][]>;
  clear(): Promise<void>;
  /** Adds to a number, 0 when there is none, and gives the sum; safe beside others that do the same. */
  increment(key: string, by?: number): Promise<number>;
  /** Stores `value` only while what is stored equals `expected`; undefined is no record. Says whether it did. */
  compareAndSet(key: string, expected: unknown, value: unknown): Promise<boolean>;
  [Symbol.asyncIterator](): AsyncIterator<[string, unknown]>;
}

/** The value of an `http_request` prop. */
export interface HttpRequest {
  /** Performs it. As JSON the result is its `data`. @throws when the server answers with an error. */
  execute(): Promise<{ data: unknown; status: number; statusText: string; headers: Record<string, string> }>;
  [configured: string]: unknown;
}

/** The value of an `sql` prop: expressions in the query have become its parameters. */
export interface SqlQuery {
  query: string;
  params: unknown[];
  usePreparedStatements?: boolean;
}

/** Addresses that a waiting run can be gone on with, or cancelled. */
export interface FlowUrls {
  resume_url: string;
  cancel_url: string;
}

/** Pauses and ends of the workflow: all of them take effect when the step has ended, and the last one counts. */
export interface Flow {
  /** Ends the workflow after this step; return its result to leave the step. */
  exit(reason?: string): void;
  /** Goes on after so many milliseconds. */
  delay(ms: number, context?: unknown): FlowUrls;
  /** Goes on when a URL is called, or is cancelled after so many milliseconds (a day). */
  suspend(ms?: number, context?: unknown): FlowUrls;
  /** Runs this step again after so many milliseconds, at most 10 times or `maxRetries`. */
  rerun(ms: number, context?: unknown, maxRetries?: number): FlowUrls;
  /** Runs another workflow of the workspace and waits for its result. */
  trigger(workflowId: string, event: unknown, options?: { result_type?: "all_exports" }): Promise<unknown>;
  /** Starts the time limit of the step anew; the new deadline as ISO text. */
  refreshTimeout(): string;
}

/** Deliveries that are made when the run has ended. */
export interface Send {
  http(request: {
    method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "TRACE" | "PATCH";
    url: string;
    data?: unknown;
    headers?: Record<string, string>;
    params?: Record<string, string>;
    auth?: { username: string; password: string };
  }): void;
  /** To the owner of the workspace. */
  email(mail: { subject?: string; text?: string; html?: string }): void;
  /** An event of the workflow, on a channel of its own when one is named. */
  emit(event: object, channel?: string): void;
  s3(object: { bucket: string; prefix: string; payload: unknown }): void;
  sse(message: { channel: string; payload: unknown }): void;
}

/** `$` in the argument of an action's `run`. */
export interface ActionContext {
  /** Exports a value of the step; `$summary` is its status line. */
  export(key: string, value: unknown): void;
  /** Answers the HTTP request that triggered the workflow, when the run ends or with `immediate` now. The first call counts. */
  respond(response: HttpReply & { immediate?: boolean }): Promise<void>;
  flow: Flow;
  send: Send;
  files: FileStore;
  context: Record<string, unknown> & {
    /** Epoch milliseconds. */
    deadline: number;
    run?: { runs: number; context?: unknown; callback_request?: unknown };
  };
}
