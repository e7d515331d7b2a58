import type { ComponentInvocation, HttpResponse, Invocation } from "../../invocation.ts";
import type { Calls } from "../calls/index.ts";
import { LimitError, refusalOf } from "../execution/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import { evaluateList } from "../expressions/index.ts";
import { createFileStore } from "../files/index.ts";
import type { InstanceServices } from "../instance/index.ts";
import type { Languages } from "../languages/index.ts";
import type { LoadedModule, ModuleTable } from "../modules/index.ts";
import { stringifyLenient } from "../safe-json.ts";
import { performStep } from "../steps/index.ts";
import { describeProps, runAdditionalProps } from "./additional-props.ts";
import { listOptions } from "./options.ts";
import { callHook, runComponent } from "./run.ts";

/** The code of this process. */
export interface Code {
  readonly modules: ModuleTable;
  /** Null in a workflow. */
  readonly main: LoadedModule | null;
}

/** What an invocation has besides code. */
export interface InvocationPorts {
  readonly scope: InvocationScope;
  readonly calls: Calls;
  readonly languages: Languages;
  /** Hands an answer to the parent. */
  answer(response: HttpResponse, options: { immediate: boolean }): void;
}

/**
 * Does what an invocation asks.
 * @returns JSON text of what it returns; null when undefined. @throws what user code throws, LimitError.
 */
export async function perform(
  { modules, main }: Code,
  invocation: Invocation,
  ports: InvocationPorts,
): Promise<string | null> {
  if (invocation.kind === "step") return performStep(modules, invocation, ports);
  if (invocation.kind === "evaluate") return returnText(evaluateList(invocation));
  if (!main) throw new TypeError("A workflow has steps, but no component of its own.");
  return returnText(await performComponent(main, invocation, ports));
}

function performComponent(main: LoadedModule, invocation: ComponentInvocation, ports: InvocationPorts): unknown {
  const { component, blueprint } = main;
  const { scope } = ports;
  const respond = responderOf(invocation, ports);
  const instance = blueprint.createInstance({ invocation, scope, respond, services: servicesOf(main, ports) });
  switch (invocation.kind) {
    case "run":
      return runComponent(component, invocation, instance);
    case "hook":
      return callHook(component, invocation, instance);
    case "options":
      return listOptions(component, invocation, { blueprint, instance });
    case "additionalProps":
      return runAdditionalProps(component, invocation.dynamicProps ?? [], instance).then(describeProps);
  }
}

/** Sources have neither data stores nor files. */
function servicesOf({ component }: LoadedModule, { calls }: InvocationPorts): InstanceServices | null {
  return component.definition.kind === "source" ? null : { calls, files: createFileStore(calls) };
}

/** The first `respond` answers the waiting request; all others, and those that nobody waits for, do nothing. */
function responderOf(
  invocation: ComponentInvocation,
  { answer, scope }: InvocationPorts,
): ((response: HttpResponse) => void) | null {
  if (invocation.kind !== "run" || !invocation.awaitsResponse) return null;
  let hasResponded = false;
  return (response) => {
    if (hasResponded || scope.isEnded) return;
    hasResponded = true;
    answer(response, { immediate: true });
  };
}

function returnText(value: unknown): string | null {
  const json = stringifyLenient(value) ?? null;
  const refusal = json === null ? null : refusalOf(json);
  if (refusal) throw new LimitError("Error", `The return value ${refusal}.`);
  return json;
}
