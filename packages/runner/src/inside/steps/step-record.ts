import type { FlowRequest, SendRequest, StepInvocation, StepOutcome } from "../../step.ts";
import { LimitError } from "../execution/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import { asText } from "../safe-json.ts";
import { exportText } from "./export-text.ts";

/** Event, earlier exports and what the step itself exports may not be larger together. */
const RUN_LIMIT_BYTES = 6 * 1024 * 1024;
const MAX_EXPORTS = 10_000;
const MAX_SENDS = 10_000;

/** What one step leaves for its run: taken when it is said, handed over when the step ends, however it ends. */
export class StepRecord {
  /** JSON text. */
  evaluatedProps = "{}";
  /** Of a script that ended with another one than 0. */
  exitCode: number | null = null;
  readonly #scope: InvocationScope;
  readonly #exports = new Map<string, string>();
  readonly #sends: SendRequest[] = [];
  #flow: FlowRequest | null = null;
  #usedBytes: number;

  constructor(invocation: StepInvocation, scope: InvocationScope) {
    this.#scope = scope;
    this.#usedBytes = Buffer.byteLength(invocation.steps);
  }

  /** A later export of the same name replaces the earlier one; undefined removes it. @throws TypeError, LimitError */
  export(name: unknown, value: unknown): void {
    const key = asText(name);
    if (this.#isTooLate(`The export "${key}"`)) return;
    const json = exportText(value, `The export "${key}"`);
    this.#usedBytes -= sizeOf(this.#exports.get(key));
    this.#exports.delete(key);
    if (json === undefined) return;
    if (this.#exports.size >= MAX_EXPORTS) throw new RangeError(`A step may export ${MAX_EXPORTS} values.`);
    this.#use(sizeOf(json));
    this.#exports.set(key, json);
  }

  /** What `run` returned. @returns its JSON text, null when undefined. @throws TypeError, LimitError */
  returnText(value: unknown): string | null {
    const json = exportText(value, "The return value");
    if (json === undefined) return null;
    this.#use(sizeOf(json));
    return json;
  }

  /** Only the last request of a step counts. */
  request(flow: FlowRequest): void {
    if (!this.#isTooLate(`$.flow.${flow.kind}()`)) this.#flow = flow;
  }

  /** @param payload JSON text. @throws LimitError */
  send(kind: SendRequest["kind"], payload: string): void {
    if (this.#isTooLate(`$.send.${kind}()`)) return;
    if (this.#sends.length >= MAX_SENDS) throw new RangeError(`A step may send ${MAX_SENDS} times.`);
    this.#use(sizeOf(payload));
    this.#sends.push({ kind, payload });
  }

  outcome(): StepOutcome {
    return {
      exports: Object.fromEntries(this.#exports),
      evaluatedProps: this.evaluatedProps,
      flow: this.#flow,
      sends: this.#sends,
      ...(this.exitCode === null ? {} : { exitCode: this.exitCode }),
    };
  }

  #use(sizeBytes: number): void {
    if (this.#usedBytes + sizeBytes > RUN_LIMIT_BYTES) throw LimitError.payload();
    this.#usedBytes += sizeBytes;
  }

  #isTooLate(what: string): boolean {
    if (this.#scope.isEnded)
      this.#scope.warn(`${what} came after the step had ended: it is lost. Await what calls it.`);
    return this.#scope.isEnded;
  }
}

function sizeOf(json: string | undefined): number {
  return json === undefined ? 0 : Buffer.byteLength(json);
}
