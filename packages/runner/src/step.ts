import type { InvocationBase, Json, JsonObject } from "./invocation.ts";

/** One step of a workflow: code of its deployment's modules, or a script of another language. */
export interface StepInvocation extends InvocationBase {
  readonly kind: "step";
  /** Namespace of the step: names the module of a Node step. */
  readonly module: string;
  readonly lang: "nodejs" | "python" | "bash";
  /** Source text of a Python or Bash step. */
  readonly code?: string;
  /** JSON text of `steps`, the trigger included. */
  readonly steps: string;
  /** What `$.context` is, `run` included; `deadline` is added. */
  readonly context: JsonObject;
  /** The workflow's variables: expressions see them all, code only when `isCodeStep`. */
  readonly envVars: Readonly<Record<string, string>>;
  /** True for code written into the workflow: its `process.env` shows `envVars`. Published and saved components do not see them. */
  readonly isCodeStep: boolean;
  /** What `$.flow.delay`, `suspend` and `rerun` return; null where nothing can be paused. */
  readonly flowUrls: { readonly resumeUrl: string; readonly cancelUrl: string } | null;
  /** Pauses print a line instead of pausing. */
  readonly isTest?: boolean;
}

/** Evaluates expressions of control flow: conditions, and lists to loop over. Returns JSON text of `EvaluateResult[]`, one for each. */
export interface EvaluateInvocation {
  readonly kind: "evaluate";
  readonly id: string;
  /** With or without `{{ }}` around them. */
  readonly expressions: readonly string[];
  /** As in `StepInvocation`. */
  readonly steps: string;
  readonly envVars: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}
/** An expression without a value evaluates to null. `isTruthy` is decided before the value becomes JSON. */
export type EvaluateResult = { value: Json; isTruthy: boolean } | { error: { name: string; message: string } };

/** What a step asked of the flow. It is done when the step has ended, if it ended well; the last call of a step counts. */
export type FlowRequest =
  | { readonly kind: "exit"; readonly reason: string | null }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "suspend"; readonly timeoutMs: number }
  | { readonly kind: "rerun"; readonly delayMs: number; readonly context: Json; readonly maxRetries: number };

/** One `$.send`: checked when it was called, delivered when the run has ended. */
export interface SendRequest {
  readonly kind: "http" | "email" | "emit" | "sse" | "s3" | "sql" | "snowflake" | "sms";
  /** JSON text of an object; for `emit` it is `{event, channel}`. */
  readonly payload: string;
}

/** What a step left for the run. */
export interface StepOutcome {
  /** JSON text by name; the return value is in `InvocationResult.returnValue`. Exports made before a throw are kept. */
  readonly exports: Readonly<Record<string, string>>;
  /** JSON text of the props as they were used: expressions evaluated, except those that read `process.env`; accounts in wire form. */
  readonly evaluatedProps: string;
  readonly flow: FlowRequest | null;
  readonly sends: readonly SendRequest[];
  /** Of a Bash step that ended with another one than 0, which is no failure: the run goes on. */
  readonly exitCode?: number;
}

/** What user code may ask of the server while it runs. Params and results are JSON. */
export type CallMethod =
  /** `{store, key}`; answers `{found, value}`. */
  | "dataStore.get"
  /** `{store, key, value, ttlSeconds: number | null}`: null means for good. */
  | "dataStore.set"
  /** `{store, key, ttlSeconds: number | null}`; answers whether there is such a key. */
  | "dataStore.setTtl"
  /** `{store, key}`; answers true or false. */
  | "dataStore.has"
  /** `{store, key}`. */
  | "dataStore.delete"
  /** `{store, after: string | null}`; answers `{keys, next: string | null}`. */
  | "dataStore.keys"
  /** `{store, after: string | null}`; answers `{entries: [key, value][], next: string | null}`. */
  | "dataStore.entries"
  /** `{store}`. */
  | "dataStore.clear"
  /** `{store, key, by}`; answers the new number. */
  | "dataStore.increment"
  /** `{store, key, expected, value}`, `expected` or `value` absent for no record; answers whether it was stored. */
  | "dataStore.compareAndSet"
  /** `{path, offset, length, version: of the part before | null}`; answers `{content: base64, sizeBytes, contentType, version}`. */
  | "files.read"
  /** `{path, upload: id | null, content: base64, isLast, contentType: string | null}`; answers `{upload: id}`. Parts in order; the file appears with its last one. */
  | "files.write"
  /** `{path}`. */
  | "files.delete"
  /** `{path, after: next | null}`; answers `{entries: {name, path, isDirectory, sizeBytes, modifiedAtMs}[], next: string | null}` of what lies in it. */
  | "files.list"
  /** `{path}`; answers `{url}`, valid for 30 minutes. */
  | "files.url"
  /** `{workflowId, event, resultType: "all_exports" | null}`; answers the result. */
  | "flow.trigger"
  /** `{}`; answers null. The runner answers this one itself. */
  | "flow.refreshTimeout";
