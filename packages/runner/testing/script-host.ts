import assert from "node:assert/strict";
import type { Deployment, InvocationListener, InvocationResult, StepInvocation } from "../src/index.ts";
import { TestHost, type TestHostOptions } from "./test-host.ts";

type Language = "python" | "bash";
type StepPart = Partial<Omit<StepInvocation, "lang" | "code">>;

/** A real runner host with one workflow of scripts in one language. */
export class ScriptHost {
  readonly host: TestHost;
  readonly workflow: Deployment;
  readonly #lang: Language;

  private constructor(host: TestHost, lang: Language) {
    this.host = host;
    this.workflow = host.deployScripts();
    this.#lang = lang;
  }

  static async start(lang: Language, options: TestHostOptions = { tier: "A" }): Promise<ScriptHost> {
    return new ScriptHost(await TestHost.start({ blankCount: 0, ...options }), lang);
  }

  run(code: string, step: StepPart = {}, listener?: InvocationListener): Promise<InvocationResult> {
    return this.host.runScript(this.workflow, { lang: this.#lang, code, ...step }, listener);
  }

  /** The return value of a step that must not fail. */
  async valueOf(code: string, step: StepPart = {}, listener?: InvocationListener): Promise<unknown> {
    const result = await this.run(code, step, listener);
    assert.equal(result.error, null, JSON.stringify(result.error));
    return JSON.parse(result.returnValue ?? "null") as unknown;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host[Symbol.asyncDispose]();
  }
}

/** Log lines as `kind: text`. */
export function messagesOf(result: InvocationResult): string[] {
  return result.logs.map(({ k, msg, err }) => `${k}: ${msg ?? err?.message}`);
}

/** JSON texts by name. */
export function exportsOf({ step }: InvocationResult): Record<string, string> {
  return { ...step?.exports };
}
