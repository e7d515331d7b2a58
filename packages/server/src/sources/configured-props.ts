import type { ConfigurableProp, Json, JsonObject } from "@millrace/runner";
import { parseSchedule, type ErrorDetail, type Schedule } from "../core/index.ts";
import { checkValue, isRecord } from "./prop-values.ts";

export interface PropsInput {
  readonly definition: readonly ConfigurableProp[];
  readonly given: JsonObject;
  /** App slug by id of those of the given accounts that belong to this workspace. */
  readonly accountApps: ReadonlyMap<string, string>;
  /** Whether an app's props are of use without an account. */
  needsAccount(appSlug: string): boolean;
  readonly nowMs: number;
}

/** What a source's configuration comes to. */
export interface PropsPlan {
  /** Wire form, with defaults. */
  readonly props: JsonObject;
  readonly timers: readonly { propName: string; schedule: Schedule }[];
  readonly endpoints: readonly { propName: string; customResponse: boolean }[];
  readonly problems: readonly ErrorDetail[];
}

export const MAX_CONFIGURED_BYTES = 64 * 1024;
export const TIMER_TYPE = "$.interface.timer";
export const HTTP_TYPE = "$.interface.http";
export const DB_TYPE = "$.service.db";
const PATH = "configured_props";
const WITHOUT_VALUE = new Set([HTTP_TYPE, DB_TYPE, "$.interface.apphook", "alert", "dir"]);

/**
 * Checks configured values against a component's props and adds defaults. Every problem is named. Values for names that
 * the component does not declare are kept: they belong to dynamic props.
 */
export function planProps(input: PropsInput): PropsPlan {
  const problems: ErrorDetail[] = [];
  const props: JsonObject = { ...input.given };
  const timers: { propName: string; schedule: Schedule }[] = [];
  if (Buffer.byteLength(JSON.stringify(input.given)) > MAX_CONFIGURED_BYTES) {
    problems.push({ path: PATH, message: `may have ${MAX_CONFIGURED_BYTES} bytes as JSON` });
  }
  for (const prop of input.definition) {
    if (WITHOUT_VALUE.has(prop.type)) delete props[prop.name];
    else
      planProp(prop, {
        input,
        props,
        timers,
        problem: (message) => problems.push({ path: `${PATH}.${prop.name}`, message }),
      });
  }
  const endpoints = input.definition
    .filter((prop) => prop.type === HTTP_TYPE)
    .map((prop) => ({ propName: prop.name, customResponse: prop.customResponse === true }));
  return { props, timers, endpoints, problems };
}

interface Planning {
  readonly input: PropsInput;
  readonly props: JsonObject;
  readonly timers: { propName: string; schedule: Schedule }[];
  problem(message: string): void;
}

function planProp(prop: ConfigurableProp, planning: Planning): void {
  const value = valueOf(prop, planning.input.given);
  delete planning.props[prop.name];
  if (value === undefined) {
    if (isRequired(prop, planning.input)) planning.problem("is required");
  } else if (prop.type === "app") planApp(prop, { ...planning, value });
  else if (prop.type === TIMER_TYPE) planTimer(prop, { ...planning, value });
  else {
    const checked = checkValue(prop, value);
    if ("problem" in checked) planning.problem(checked.problem);
    else planning.props[prop.name] = checked.value;
  }
}

/** What is configured, else the default; `static` props cannot be configured. */
function valueOf(prop: ConfigurableProp, given: JsonObject): Json | undefined {
  const fixed = prop["static"];
  if (prop.type === TIMER_TYPE && isRecord(fixed)) return fixed;
  if (prop.type === TIMER_TYPE && prop.readOnly && prop.default !== undefined) return prop.default;
  const value = Object.hasOwn(given, prop.name) ? given[prop.name] : undefined;
  if (value !== undefined && value !== null) return value;
  if (prop.default === null || (isRecord(prop.default) && prop.type === TIMER_TYPE && isEmpty(prop.default)))
    return undefined;
  return prop.default;
}

function isEmpty(value: JsonObject): boolean {
  return Object.keys(value).length === 0;
}

function isRequired(prop: ConfigurableProp, input: PropsInput): boolean {
  if (prop.optional || prop.disabled || prop.hidden) return false;
  return prop.type !== "app" || input.needsAccount(prop.app ?? "");
}

function planApp(prop: ConfigurableProp, { input, props, value, problem }: Planning & { value: Json }): void {
  const accountId = isRecord(value) ? value["authProvisionId"] : value;
  if (typeof accountId !== "string" || accountId === "") {
    if (isRequired(prop, input)) problem("must be {authProvisionId: string}");
    return;
  }
  const app = input.accountApps.get(accountId);
  if (app === undefined) problem(`account ${accountId} does not exist`);
  else if (prop.app !== undefined && app !== prop.app) problem(`account ${accountId} is of ${app}, not of ${prop.app}`);
  else props[prop.name] = { authProvisionId: accountId };
}

function planTimer(prop: ConfigurableProp, planning: Planning & { value: Json }): void {
  const parsed = parseSchedule(planning.value, planning.input.nowMs);
  if ("problem" in parsed) {
    if (!prop.optional || (isRecord(planning.value) && !isEmpty(planning.value))) planning.problem(parsed.problem);
    return;
  }
  const { schedule } = parsed;
  planning.timers.push({ propName: prop.name, schedule });
  planning.props[prop.name] =
    schedule.kind === "interval"
      ? { intervalSeconds: schedule.intervalSeconds }
      : { cron: schedule.cron, timezone: schedule.timezone };
}

/** The accounts that configured values name for app props, by prop. */
export function accountsOf(definition: readonly ConfigurableProp[], props: JsonObject): Map<string, string> {
  const accounts = new Map<string, string>();
  for (const prop of definition) {
    if (prop.type !== "app") continue;
    const value = props[prop.name];
    const accountId = isRecord(value) ? value["authProvisionId"] : value;
    if (typeof accountId === "string" && accountId !== "") accounts.set(prop.name, accountId);
  }
  return accounts;
}

/** New configuration over the old: what is named replaces, null removes, the rest stays. */
export function mergeProps(old: JsonObject, given: JsonObject): JsonObject {
  const merged: JsonObject = { ...old, ...given };
  for (const [name, value] of Object.entries(given)) if (value === null) delete merged[name];
  return merged;
}
