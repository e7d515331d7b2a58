import type { JsonObject } from "../../invocation.ts";
import type { StepInvocation } from "../../step.ts";
import type { Calls } from "../calls/index.ts";
import { isFunction, isObject } from "../definition/index.ts";
import type { ResolvedProp, UserObject } from "../definition/index.ts";
import { UnfinishedWork } from "../execution/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import { evaluateProps, ExpressionScope } from "../expressions/index.ts";
import { createFileStore, reviveFiles } from "../files/index.ts";
import type { FileStore } from "../files/index.ts";
import type { Languages } from "../languages/index.ts";
import type { LoadedModule, ModuleTable } from "../modules/index.ts";
import { parseJson } from "../safe-json.ts";
import { createFlow } from "./flow.ts";
import { createRespond, type Answer } from "./respond.ts";
import { createSend } from "./send.ts";
import { shownText } from "./shown-props.ts";
import { StepRecord } from "./step-record.ts";
import type { StepRun } from "./step-run.ts";

const AWAIT_ALL = "Await all promises, or what they do may be lost.";

export interface StepPorts {
  readonly scope: InvocationScope;
  readonly calls: Calls;
  readonly answer: Answer;
  readonly languages: Languages;
}

/**
 * Runs one step of a workflow: evaluates its props, makes `this` and `$`, and calls `run`.
 * @returns JSON text of the return value. @throws whatever the step throws, ExpressionError, LimitError.
 */
export async function performStep(
  modules: ModuleTable,
  invocation: StepInvocation,
  ports: StepPorts,
): Promise<string | null> {
  const { scope } = ports;
  const record = new StepRecord(invocation, scope);
  scope.step = record;
  if (invocation.lang !== "nodejs") {
    const step = prepare(invocation, { ...ports, record, plans: [] });
    return record.returnText(await ports.languages.run(step));
  }
  const module = await modules.moduleOf(invocation.module);
  const step = prepare(invocation, { ...ports, record, plans: module.component.props });
  if (invocation.isCodeStep) scope.env = { ...invocation.envVars };
  scope.unfinished = new UnfinishedWork();
  const returned = record.returnText(await callRun(module, step));
  const unfinished = scope.unfinished.describe(ports.calls.pending);
  if (unfinished)
    scope.warn(`This step was still trying to run code when the step ended (${unfinished}). ${AWAIT_ALL}`);
  return returned;
}

function prepare(
  invocation: StepInvocation,
  {
    scope,
    calls,
    answer,
    record,
    plans,
  }: Omit<StepPorts, "languages"> & { record: StepRecord; plans: readonly ResolvedProp[] },
): StepRun {
  const files = createFileStore(calls);
  const readSteps = stepsReader(invocation.steps, files);
  const { props, shown } = evaluateProps(invocation.props, {
    scope: new ExpressionScope(readSteps, invocation.envVars),
    plans,
  });
  record.evaluatedProps = shownText(shown);
  return {
    invocation,
    scope,
    record,
    calls,
    readSteps,
    props,
    context: contextOf(invocation, scope),
    flow: createFlow({ invocation, record, scope, calls }),
    send: createSend(record),
    respond: createRespond(answer, scope),
    files,
  };
}

/** Most published actions never look at `steps`, which may be large: it is parsed when somebody does. */
function stepsReader(json: string, files: FileStore): () => UserObject {
  let steps: UserObject | null = null;
  return () => {
    if (steps) return steps;
    const parsed = parseJson(json);
    steps = isObject(parsed) ? parsed : {};
    reviveFiles(steps, files);
    return steps;
  };
}

function contextOf({ context, isTest, timeoutMs }: StepInvocation, { startedAtMs }: InvocationScope): UserObject {
  const test = isTest === true;
  return { ...context, deadline: startedAtMs + timeoutMs, JIT: test, test: test || context["test"] === true };
}

async function callRun({ component, blueprint }: LoadedModule, step: StepRun): Promise<unknown> {
  const { run } = component.source;
  if (!isFunction(run)) throw new TypeError("The component has no run function, so it cannot be a step.");
  const { scope, calls, files } = step;
  const invocation = { ...step.invocation, props: step.props as JsonObject };
  const instance = blueprint.createInstance({ invocation, scope, respond: null, services: { calls, files } });
  const { readSteps } = step;
  const argument = {
    $: dollarOf(step),
    get steps() {
      return readSteps();
    },
  };
  return await run.call(instance, argument);
}

/** `$`: its members survive being taken off it. */
function dollarOf({ record, respond, flow, send, context, files }: StepRun): UserObject {
  return {
    export: (name: unknown, value: unknown) => record.export(name, value),
    respond,
    flow,
    send,
    context,
    files,
  };
}
