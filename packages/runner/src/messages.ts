import type {
  ComponentDefinition,
  Emit,
  HttpResponse,
  Invocation,
  InvocationError,
  Json,
  Observation,
} from "./invocation.ts";
import type { StepOutcome } from "./step.ts";

/**
 * The frames between the parent and one sandboxed process, both ways on its fd 3:
 * `u32le payload length | u8 type | u32le invocation number | JSON payload (UTF-8)`.
 * Invocation number 0 speaks of the process as a whole. The parent trusts nothing that it reads here.
 */
export const FrameType = {
  // parent → runner
  load: 1,
  invoke: 2,
  /** Deadline reached: abort its signal and send its `result` with `TIMEOUT` and all it left so far within 250 ms, or be killed. */
  cancel: 3,
  /** Exactly one `pong` for each. */
  ping: 4,
  /** Answers an `rpc` of the same invocation. */
  rpcReply: 5,
  // runner → parent
  /** The first frame, once; payload `{}`. The parent sends nothing before it. */
  ready: 64,
  loaded: 65,
  loadFailed: 66,
  result: 67,
  respond: 68,
  partial: 69,
  late: 70,
  pong: 71,
  /** User code asks the server for something; not after the `result` of its invocation. */
  rpc: 72,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FRAME_HEADER_BYTES = 9;
/** Largest payload that the parent accepts; a larger one is a protocol violation that costs the process. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** More unanswered `rpc` frames of one invocation than this are a protocol violation. */
export const MAX_CALLS_IN_FLIGHT = 32;
/** Largest payload that the parent sends. */
export const MAX_FRAME_TO_RUNNER_BYTES = 64 * 1024 * 1024;

/** Both are parts of keys in the database, whose indexes take no longer ones. */
export const MAX_CHANNEL_CHARS = 200;
export const MAX_DB_KEY_CHARS = 500;

/**
 * Command line of the program inside: `node --import <hook> <main> <boot arguments as JSON>`, so it is
 * `JSON.parse(process.argv[2])` for both files (take it off `process.argv` before user code runs).
 * The process starts with an empty environment, cwd and TMPDIR as in `tmpDir`. When fd 3 ends, the parent is dead: exit at once.
 */
export interface BootArguments {
  /** Unix socket of the egress proxy, see `EGRESS_ERROR_HEADER`. */
  egressSocket: string;
  /** Writable, private to the process (shared in tier C). */
  tmpDir: string;
  /** True in a network namespace of its own: whatever listens on its loopback belongs to it and is reached without the proxy. */
  hasOwnLoopback?: boolean;
  /** Directory whose `node_modules` is worth loading before the deployment is known; null for none. */
  platformDir: string | null;
  /** Memory of the deployment. */
  memoryMb: number;
  /** Words before every command that runs a script: they end it with this process where nothing else does. */
  scriptWrapper?: readonly string[];
}

/**
 * The egress proxy on its unix socket speaks HTTP/1.1:
 * - `CONNECT host:port` → `200` and a raw tunnel, or an error status;
 * - `GET http://host/path` (any method, absolute form) → the forwarded reply;
 * - `GET /resolve?host=NAME` → `200` and `{"addresses":[{"address","family"}]}` (refused addresses left out), or an error status.
 * An error reply carries the errno to throw in this header (`EACCES` refused by policy, `ENOTFOUND`, `ECONNREFUSED`, `ETIMEDOUT`,
 * `EHOSTUNREACH`, `EAI_AGAIN`, `EMFILE` too many connections, `EINVAL`) and JSON `{"code","message"}` as body.
 */
export const EGRESS_ERROR_HEADER = "millrace-error";

/** Bind this blank process to a deployment: environment first, then import. */
export interface LoadPayload {
  /** Null for a workflow: then nothing is imported before a step needs it. */
  component: ModulePayload | null;
  modules: Record<string, ModulePayload>;
  env: Record<string, string>;
  /** True: import all modules, tell what each is, and nothing more will be asked. */
  describes?: boolean;
}
export interface ModulePayload {
  code: string;
  /** Directory holding its own `node_modules`, as seen inside; bare imports resolve from here only. */
  dependencyDir: string | null;
}
/** Same as the invocation; the frame's number stands for it from now on. */
export type InvokePayload = Invocation;

/** Answers `load`. */
export interface LoadedPayload {
  /** Null when no component was to be loaded. */
  definition: ComponentDefinition | null;
  /** By module, where the modules were to be described. */
  described?: Record<string, { definition: ComponentDefinition } | LoadFailedPayload>;
}
export interface LoadFailedPayload {
  message: string;
  stack?: string;
}

/** What an invocation left behind. `emits`, `logs` and `dbWrites` add to what `partial` frames brought. */
export interface ResultPayload {
  error: InvocationError | null;
  /** JSON text; null when undefined. */
  returnValue: string | null;
  emits: Emit[];
  logs: Observation[];
  dbWrites: Record<string, string | null>;
  step?: StepOutcome;
}
/**
 * Sent by long or talkative invocations so that a kill loses nothing that was emitted. Each frame's emits are in order
 * among themselves only: order the whole with `orderEmits` when the invocation ends, however it ends.
 */
export interface PartialPayload {
  emits: Emit[];
  logs: Observation[];
  dbWrites: Record<string, string | null>;
}
export interface RespondPayload {
  response: HttpResponse;
  immediate: boolean;
}
export interface RpcPayload {
  /** Unique within its invocation. */
  call: number;
  /** A `CallMethod`, if the code inside is honest. */
  method: string;
  params: Json;
}
export interface RpcReplyPayload {
  call: number;
  result?: Json;
  /** Set instead of `result`. */
  error?: { name: string; message: string };
}
/** Something went wrong after the invocation had ended. */
export interface LatePayload {
  invocationId: string;
  observation: Observation;
}
export interface PongPayload {
  /** How late timers fire in the process. */
  lagMs: number;
  rssBytes: number;
}
