import type { StepInvocation } from "../../step.ts";
import type { Calls } from "../calls/index.ts";
import type { UserObject } from "../definition/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import type { FileStore } from "../files/index.ts";
import type { Flow } from "./flow.ts";
import type { Respond } from "./respond.ts";
import type { createSend } from "./send.ts";
import type { StepRecord } from "./step-record.ts";

/** What a step of any language works with; everything here is checked and recorded as `$` does it. */
export interface StepRun {
  readonly invocation: StepInvocation;
  /** Logs, warnings, and whether the step has ended (by its deadline, say). */
  readonly scope: InvocationScope;
  readonly record: StepRecord;
  readonly calls: Calls;
  /** Gives `steps`, parsed once; files that earlier steps returned are live. */
  readonly readSteps: () => UserObject;
  /** Props with their expressions evaluated, in wire form. */
  readonly props: UserObject;
  /** What `$.context` is. */
  readonly context: UserObject;
  readonly flow: Flow;
  readonly send: ReturnType<typeof createSend>;
  readonly respond: Respond;
  readonly files: FileStore;
}
