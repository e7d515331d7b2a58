import type { AppAuth, ComponentDefinition, ConfigurableProp, Invocation, Json, JsonObject } from "@millrace/runner";
import { UsageError } from "./usage-error.ts";

/** What a local run is given. */
export interface RunInput {
  readonly event: Json;
  readonly props: JsonObject;
  /** Credentials by the name of the app prop. */
  readonly auth: Readonly<Record<string, JsonObject>>;
  /** Runs this hook instead of `run`. */
  readonly hook: "deploy" | "activate" | "deactivate" | null;
  readonly timeoutMs: number;
  /** Runs it as a step of a workflow that has come so far: exports by step. Actions are always run so. */
  readonly steps: JsonObject | null;
  /** Variables of the workflow. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a step is called in a local run. */
export const LOCAL_STEP = "component";

const LOCAL_ENDPOINT = "http://localhost/in/local";
const PROVIDED = /^(\$\.(interface|service)\.|alert$|dir$|app$)/;

/** The invocation for one local run: defaults filled in, missing props refused. Throws `UsageError`. */
export function invocationOf(
  definition: ComponentDefinition,
  { input, db }: { input: RunInput; db: Readonly<Record<string, string>> },
): Invocation {
  const declared = definition.configurableProps;
  const props: JsonObject = { ...defaultsOf(declared), ...input.props };
  const missing = declared.filter((prop) => isRequired(prop) && props[prop.name] === undefined);
  if (missing.length > 0) {
    const names = missing.map((prop) => `${prop.name} (${prop.type})`).join(", ");
    throw new UsageError(`These props need a value in --props: ${names}`);
  }
  const auths: Record<string, AppAuth> = {};
  for (const [name, credentials] of Object.entries(input.auth)) {
    auths[name] = { credentials };
    props[name] ??= { authProvisionId: "apn_local" };
  }
  const endpoints = declared.filter((prop) => prop.type === "$.interface.http").map((prop) => prop.name);
  const base = {
    id: `local-${Date.now()}`,
    props,
    auths,
    endpoints: Object.fromEntries(endpoints.map((name) => [name, LOCAL_ENDPOINT])),
    db,
    timeoutMs: input.timeoutMs,
  };
  if (input.hook !== null) return { ...base, kind: "hook", hook: input.hook };
  if (isStep(definition, input)) return { ...base, ...stepOf(definition, input), kind: "step" };
  const awaitsResponse = declared.some((prop) => prop.customResponse === true);
  return { ...base, kind: "run", event: JSON.stringify(input.event), awaitsResponse };
}

/** Whether it is to be run as a step, and not as a source. */
export function isStep(definition: ComponentDefinition, { steps, hook }: RunInput): boolean {
  return hook === null && (steps !== null || definition.kind === "action");
}

function stepOf(definition: ComponentDefinition, { event, steps, variables }: RunInput) {
  const trigger = { event, context: {} };
  return {
    module: LOCAL_STEP,
    lang: "nodejs",
    steps: JSON.stringify({ trigger, ...steps }),
    context: { test: true, run: { runs: 1 } },
    envVars: variables,
    isCodeStep: definition.kind !== "action",
    flowUrls: { resumeUrl: `${LOCAL_ENDPOINT}/resume`, cancelUrl: `${LOCAL_ENDPOINT}/cancel` },
  } as const;
}

function defaultsOf(declared: readonly ConfigurableProp[]): JsonObject {
  const defaults: JsonObject = {};
  for (const prop of declared) if (prop.default !== undefined) defaults[prop.name] = prop.default;
  return defaults;
}

function isRequired(prop: ConfigurableProp): boolean {
  return prop.optional !== true && prop.disabled !== true && prop.hidden !== true && !PROVIDED.test(prop.type);
}
