/** What the server and the runner say to each other: plain data, usable without the server. */
import type { CallMethod, EvaluateInvocation, StepInvocation, StepOutcome } from "./step.ts";

/** JSON value as parsed. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface JsonObject {
  [key: string]: Json;
}

/** Code ready to be loaded: made by the builder from the component's own files. */
export interface CodeBundle {
  /** One ES module whose default export is the component, with an inline source map. */
  readonly code: string;
  /** Directory holding the dependency set's `node_modules`; null when nothing is imported from npm. */
  readonly dependencyDir: string | null;
}

/** One deployed version: the unit that gets a sandboxed process of its own. */
export interface Deployment {
  /** Unique per version and workspace, e.g. `dc_abc:d_xyz`. A new id means a new process. */
  readonly id: string;
  readonly orgId: string;
  /** The component; null for a workflow, which has `modules`. */
  readonly bundle: CodeBundle | null;
  /** The Node steps of a workflow by namespace; each is imported when it first runs. */
  readonly modules?: Readonly<Record<string, CodeBundle>>;
  /** Binds what Python and Bash steps need of the system, read-only. */
  readonly needsSystem?: boolean;
  readonly memoryMb: number;
  /** Environment of the process, e.g. `PD_COMPONENT`. */
  readonly env: Readonly<Record<string, string>>;
}

/** A prop as the API shows it in `configurable_props`: functions stripped, `propDefinition` resolved. */
export interface ConfigurableProp {
  name: string;
  type: string;
  label?: string;
  description?: string;
  optional?: boolean;
  default?: Json;
  options?: Json[];
  remoteOptions?: true;
  useQuery?: boolean;
  reloadProps?: boolean;
  withLabel?: boolean;
  hidden?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  secret?: boolean;
  min?: number;
  max?: number;
  /** App slug of an `app` prop. */
  app?: string;
  customResponse?: boolean;
  [extra: string]: Json | undefined;
}

/** Everything the platform knows about a component without running it again. */
export interface ComponentDefinition {
  kind: "source" | "action" | "app";
  key: string | null;
  name: string | null;
  version: string;
  description: string | null;
  configurableProps: ConfigurableProp[];
  dedupe: "unique" | "greatest" | "last" | null;
  hooks: { deploy: boolean; activate: boolean; deactivate: boolean };
  hasRun: boolean;
  hasAdditionalProps: boolean;
  sampleEmit: Json | null;
  annotations: JsonObject | null;
  /** Slugs of the apps named by its props. */
  apps: string[];
}

/** The credentials behind one app prop. */
export interface AppAuth {
  /** Fields of `$auth`. */
  readonly credentials: JsonObject;
}

export interface InvocationBase {
  /** KSUID; unique per attempt. */
  readonly id: string;
  /** Configured values in wire form, e.g. `{authProvisionId}`, `{__lv: {label, value}}`. */
  readonly props: JsonObject;
  /** By prop name; only the props' own accounts. */
  readonly auths: Readonly<Record<string, AppAuth>>;
  /** Endpoint URL by the name of its `$.interface.http` prop. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The source's `$.service.db` content: JSON text by key. */
  readonly db: Readonly<Record<string, string>>;
  /** What `additionalProps` returned when the component was configured: types and defaults of the props that it added. */
  readonly dynamicProps?: readonly ConfigurableProp[];
  readonly timeoutMs: number;
}
export interface RunInvocation extends InvocationBase {
  readonly kind: "run";
  /** JSON text of the event. */
  readonly event: string;
  /** True when an `$.interface.http` prop with `customResponse` waits for `respond()`. */
  readonly awaitsResponse?: boolean;
}
export interface HookInvocation extends InvocationBase {
  readonly kind: "hook";
  readonly hook: "deploy" | "activate" | "deactivate";
}
/** Returns JSON `{options: (primitive | {label, value})[], context: JSON | null}`; `context` goes into the next `prevContext`. */
export interface OptionsInvocation extends InvocationBase {
  readonly kind: "options";
  readonly propName: string;
  readonly page: number;
  readonly prevContext: JsonObject;
  readonly query?: string;
  /** When the prop comes from `additionalProps`, which is run again first; true is assumed for names that are not static props. */
  readonly dynamic?: boolean;
}
/** Runs with `dynamicProps` as the previous result. Returns JSON `{configurableProps: ConfigurableProp[]}`: all props, static ones included. */
export interface AdditionalPropsInvocation extends InvocationBase {
  readonly kind: "additionalProps";
}
/** What is asked of the component of a deployment. */
export type ComponentInvocation = RunInvocation | HookInvocation | OptionsInvocation | AdditionalPropsInvocation;
export type Invocation = ComponentInvocation | StepInvocation | EvaluateInvocation;

/** One `$emit`, snapshotted when it was called. */
export interface Emit {
  /** JSON text. */
  readonly event: string;
  readonly channel: string;
  /** Dedupe id, already a string; absent when the component gave none. */
  readonly id?: string;
  readonly summary?: string;
  /** Epoch ms, leniently parsed; absent when the component gave none. */
  readonly ts?: number;
  /** Epoch ms of the call; present when `ts` is not, and stands in for it when emits are ordered. */
  readonly emittedAtMs?: number;
  /** Epoch ms of a delayed delivery. */
  readonly deliverAtMs?: number;
}

/** One captured console line or error: an event of the `$logs` channel. */
export interface Observation {
  /** e.g. `console.log`, `console.error`, `warning`. */
  k: string;
  /** Epoch ms. */
  ts: number;
  msg?: string;
  err?: { name: string; message: string; stack?: string };
}

export type InvocationErrorCode =
  | "USER_ERROR" // user code threw
  | "CONFIGURATION_ERROR"
  | "TIMEOUT"
  | "OUT_OF_MEMORY"
  | "INTERRUPTED" // its process died for a reason of its own or of a neighbour's
  | "PROTOCOL_ERROR" // its process sent frames that we do not speak
  | "EXITED" // user code ended its process
  | "RESULT_TOO_LARGE"
  | "RESULT_REFUSED" // what it left cannot be stored; for the server to say
  | "LOAD_FAILED" // the module did not load
  | "UNAVAILABLE"; // no sandbox could be had (crash-loop back-off, shutting down)

export interface InvocationError {
  code: InvocationErrorCode;
  name: string;
  message: string;
  /** The user's own stack, through source maps. */
  stack?: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string | string[]>;
  /** Base64 when `isBase64`, else text. */
  body: string;
  isBase64: boolean;
}

export interface InvocationResult {
  readonly error: InvocationError | null;
  /** JSON text of the return value (options and additionalProps included); null when undefined. */
  readonly returnValue: string | null;
  /** In emission order; present even when the run failed. */
  readonly emits: readonly Emit[];
  readonly logs: readonly Observation[];
  /** Keys written to `$.service.db`: JSON text, or null for a key set to undefined. */
  readonly dbWrites: Readonly<Record<string, string | null>>;
  readonly responded: boolean;
  /** True when the outside world may have seen something of it: it must not be retried silently. */
  readonly hadEffect: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of a step that its process lived to tell about. */
  readonly step?: StepOutcome;
}

/** Told while an invocation runs. */
export interface InvocationListener {
  /** The code answered with `http.respond` or `$.respond`; called at most once. */
  respond?(response: HttpResponse, options: RespondOptions): void;
  /**
   * Code in the sandbox asks for something; `params` is whatever it sent, so check every field and what it may have.
   * A rejection reaches the code: its `name` and `message` are shown to the user.
   */
  call?(method: CallMethod, params: Json): Promise<Json>;
}
export interface RespondOptions {
  /** Now, instead of when the run ends. */
  readonly immediate: boolean;
}

/** Thrown by `inspect` and `build` for code that cannot become a component: 422 in the API. */
export class ComponentCodeError extends Error {
  override name = "ComponentCodeError";
  readonly stackOfUser: string | undefined;
  constructor(message: string, stackOfUser?: string, options?: ErrorOptions) {
    super(message, options);
    this.stackOfUser = stackOfUser;
  }
}
