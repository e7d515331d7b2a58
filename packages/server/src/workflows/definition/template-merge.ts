import type { Json, JsonObject } from "@millrace/runner";
import { isRecord } from "../../sources/index.ts";
import { Fields, type Problems } from "./problems.ts";

/** A definition in the form of a request: what templates hold. */
export interface RawDefinition {
  readonly steps: readonly Json[];
  readonly triggers: readonly Json[];
  readonly settings: JsonObject;
}

/** A template with what a request overrides, and where each of its items comes from. */
export interface MergedTemplate extends RawDefinition {
  readonly origins: ReadonlyMap<unknown, string>;
}

interface Overrides {
  readonly steps: readonly Json[];
  readonly triggers: readonly Json[];
  readonly settings: JsonObject;
}

/**
 * Puts a request over a template: `steps[i]` override the props of the step of that namespace, `triggers[i]` those of
 * the trigger at that position, or, when they do not fit it, of the next one that has such props.
 * @param propNames the names of the props that a trigger of the template has; null when any fits
 */
export function mergeTemplate(
  template: RawDefinition,
  {
    overrides,
    problems,
    propNames,
  }: {
    overrides: Overrides;
    problems: Problems;
    propNames: readonly (ReadonlySet<string> | null)[];
  },
): MergedTemplate {
  const origins = new Map<unknown, string>();
  const steps = template.steps.map((step) => structuredClone(step));
  const triggers = template.triggers.map((trigger) => structuredClone(trigger));
  for (const [index, step] of steps.entries()) origins.set(step, `template.steps[${index}]`);
  for (const [index, trigger] of triggers.entries()) origins.set(trigger, `template.triggers[${index}]`);
  for (const [index, override] of overrides.steps.entries()) {
    const fields = Fields.of(override, { path: `steps[${index}]`, problems });
    if (fields) overrideStep(fields, { steps, origins });
  }
  const taken = new Set<number>();
  for (const [index, override] of overrides.triggers.entries()) {
    const fields = Fields.of(override, { path: `triggers[${index}]`, problems });
    if (fields) overrideTrigger(fields, { triggers, origins, propNames, taken, index });
  }
  return { steps, triggers, settings: { ...template.settings, ...overrides.settings }, origins };
}

function overrideStep(
  fields: Fields,
  { steps, origins }: { steps: readonly Json[]; origins: Map<unknown, string> },
): void {
  const namespace = fields.raw("namespace");
  const step = namespace === undefined ? undefined : findStep(steps, namespace);
  if (!step) {
    const message = namespace === undefined ? "is required" : `the template has no step ${JSON.stringify(namespace)}`;
    fields.problem("namespace", message);
    return;
  }
  fields.refuseOthers(["namespace", "props", "disabled"]);
  applyProps(step, fields);
  if (fields.raw("disabled") !== undefined) step["disabled"] = fields.raw("disabled") ?? null;
  origins.set(step, fields.path);
}

/** Also inside blocks of control flow. */
function findStep(values: readonly Json[], namespace: Json): JsonObject | undefined {
  for (const value of values) {
    if (!isRecord(value)) continue;
    if (value["namespace"] === namespace) return value;
    const inner = Object.values(value).filter((part) => Array.isArray(part));
    const found = findStep(inner.flat(), namespace);
    if (found) return found;
  }
  return undefined;
}

interface TriggerOverride {
  readonly triggers: readonly Json[];
  readonly origins: Map<unknown, string>;
  readonly propNames: readonly (ReadonlySet<string> | null)[];
  readonly taken: Set<number>;
  readonly index: number;
}

function overrideTrigger(fields: Fields, place: TriggerOverride): void {
  const { triggers, origins, propNames, taken, index } = place;
  const wanted = Object.keys(fields.record("props") ?? {});
  const fits = (at: number): boolean => {
    const names = propNames[at];
    return at < triggers.length && !taken.has(at) && (!names || wanted.every((name) => names.has(name)));
  };
  const later = triggers.map((_trigger, at) => at).filter((at) => at >= index);
  const at = later.find(fits) ?? index;
  const trigger = triggers[at];
  if (!isRecord(trigger)) {
    fields.problem("props", `the template has no trigger ${index}`);
    return;
  }
  taken.add(at);
  fields.refuseOthers(["type", "props"]);
  const type = fields.raw("type");
  if (type !== undefined && type !== trigger["type"]) fields.problem("type", "is not that of the template's trigger");
  applyProps(trigger, fields);
  origins.set(trigger, fields.path);
}

function applyProps(target: JsonObject, fields: Fields): void {
  const props = fields.record("props");
  if (!props) return;
  const old = isRecord(target["props"]) ? target["props"] : {};
  target["props"] = { ...old, ...props };
}
