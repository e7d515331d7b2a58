import type { Json } from "../../invocation.ts";
import type { CallMethod } from "../../step.ts";
import { LimitError, ScriptError } from "../execution/index.ts";
import { stringifyLenient } from "../safe-json.ts";
import type { StepRun } from "../steps/index.ts";
import { inputsOf } from "./step-inputs.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The side of one Python step that does what `pd` is asked for, by the same means as `$` of Node steps. */
export class PythonCall {
  readonly #step: StepRun;
  /** What was refused, by the number that Python knows it by. */
  readonly #refusals: unknown[] = [];

  constructor(step: StepRun) {
    this.#step = step;
  }

  /** JSON text of what Python needs to run the step. @param code its number, and its source unless that is known. */
  request(code: { code: number; source: string | null }): string {
    const { invocation, context } = this.#step;
    const head = JSON.stringify({
      code: code.code,
      ...(code.source === null ? {} : { source: code.source }),
      name: invocation.module,
      context,
      inputs: inputsOf(this.#step),
      env: invocation.envVars,
    });
    return `${head.slice(0, -1)},"steps":${invocation.steps}}`;
  }

  /** Does what was asked. @returns JSON text of `{result}` or `{error}`. */
  async answer(op: string, fields: Fields): Promise<string> {
    try {
      const result = await this.#perform(op, fields);
      return stringifyLenient({ result: result ?? null }) ?? "{}";
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.#refusals.push(error);
      return JSON.stringify({ error: { name, message, ref: this.#refusals.length - 1 } });
    }
  }

  #perform(op: string, fields: Fields): unknown {
    const { record, calls } = this.#step;
    switch (op) {
      case "export":
        return record.export(fields["name"], fields["value"]);
      case "call":
        return calls.call(fields["method"] as CallMethod, fields["params"] as Json);
      case "send":
        return this.#send(fields);
      case "flow":
        return this.#flow(fields);
      case "respond":
        return this.#respond(fields);
      default:
        throw new TypeError(`Nothing is known of ${op}.`);
    }
  }

  #send({ kind, payload, channel }: Fields): void {
    const { send } = this.#step;
    if (!isMember(send, kind)) throw new TypeError(`There is no send.${String(kind)}.`);
    send[kind](payload, channel ?? undefined);
  }

  #flow({ call, args }: Fields): unknown {
    const { flow } = this.#step;
    if (!isMember(flow, call)) throw new TypeError(`There is no flow.${String(call)}.`);
    const list = (Array.isArray(args) ? args : []).map((item: unknown) => item ?? undefined);
    return Reflect.apply(flow[call], flow, list) as unknown;
  }

  #respond({ response, body, isBase64 }: Fields): Promise<void> {
    const whole = isBase64 === true ? Buffer.from(String(body), "base64") : (body ?? undefined);
    return this.#step.respond({ ...(response as object), body: whole });
  }

  log({ kind, text }: Fields): void {
    this.#step.scope.log(kind === "stderr" ? "stderr" : "stdout", String(text).replace(/\n$/, ""));
  }

  /** What the step returned; undefined for nothing. @throws what it failed with. */
  outcome({ error, value }: Fields): unknown {
    if (error === undefined) return value;
    const { name, message, stack, ref } = error as Fields;
    const refusal = typeof ref === "number" ? this.#refusals[ref] : undefined;
    if (refusal instanceof LimitError) throw refusal;
    const code = name === "MemoryError" ? "OUT_OF_MEMORY" : "USER_ERROR";
    throw new ScriptError(String(message), { name: String(name), code, stack: String(stack) });
  }
}

function isMember<Target extends object>(target: Target, name: unknown): name is keyof Target {
  return typeof name === "string" && Object.hasOwn(target, name);
}
