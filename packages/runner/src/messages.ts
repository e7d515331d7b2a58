import type {
  AdditionalPropsInvocation,
  ComponentDefinition,
  Emit,
  HookInvocation,
  HttpResponse,
  InvocationError,
} from "./invocation.ts";
import type { Observation, OptionsInvocation, RunInvocation } from "./invocation.ts";

/**
 * The frames between the parent and one sandboxed process, both ways on its fd 3:
 * `u32le payload length | u8 type | u32le invocation number | JSON payload (UTF-8)`.
 * Invocation number 0 speaks of the process as a whole. The parent trusts nothing that it reads here.
 */
export const FrameType = {
  // parent → runner
  load: 1,
  invoke: 2,
  cancel: 3,
  ping: 4,
  // runner → parent
  ready: 64,
  loaded: 65,
  loadFailed: 66,
  result: 67,
  respond: 68,
  partial: 69,
  late: 70,
  pong: 71,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FRAME_HEADER_BYTES = 9;
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Bind this blank process to a deployment: environment first, then import. */
export interface LoadPayload {
  code: string;
  env: Record<string, string>;
}
/** Same as the invocation; the frame's number stands for it from now on. */
export type InvokePayload = RunInvocation | HookInvocation | OptionsInvocation | AdditionalPropsInvocation;

/** Answers `load`. */
export interface LoadedPayload {
  definition: ComponentDefinition;
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
}
/** Sent by long or talkative invocations so that a kill loses nothing that was emitted. */
export interface PartialPayload {
  emits: Emit[];
  logs: Observation[];
  dbWrites: Record<string, string | null>;
}
export type RespondPayload = HttpResponse;
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
