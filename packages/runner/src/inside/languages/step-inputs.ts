import type { StepRun } from "../steps/index.ts";

/** `store` names a data store by its id; everything else is as it is. */
export type StepInput = readonly ["store" | "value", unknown];

const STORE_ID = /^ds_[A-Za-z0-9]+$/;

/** `pd.inputs`: apps as `{$auth}`, data stores, and plain values, which are chosen options without their labels. */
export function inputsOf({ invocation, props }: StepRun): Record<string, StepInput> {
  const { auths, dynamicProps = [] } = invocation;
  const types = new Map(dynamicProps.map(({ name, type }) => [name, type]));
  const defaults = new Map(dynamicProps.map(({ name, default: value }) => [name, value]));
  const names = new Set([...Object.keys(props), ...Object.keys(auths), ...types.keys()]);
  const inputs: [string, StepInput][] = [];
  for (const name of names) {
    const value = Object.hasOwn(props, name) ? bareValue(props[name]) : (defaults.get(name) ?? null);
    const auth = Object.hasOwn(auths, name) ? auths[name]?.credentials : undefined;
    if (auth !== undefined || types.get(name) === "app") inputs.push([name, ["value", { $auth: auth ?? {} }]]);
    else inputs.push([name, [isStore(types.get(name), value) ? "store" : "value", value]]);
  }
  return Object.fromEntries(inputs);
}

/** Ids of stores tell themselves where nothing describes the input. */
function isStore(type: string | undefined, value: unknown): boolean {
  return typeof value === "string" && (type === "data_store" || (type === undefined && STORE_ID.test(value)));
}

/** `{__lv: {label, value}}`, alone or in a list, is a value that was chosen from options. */
function bareValue(wire: unknown): unknown {
  if (Array.isArray(wire)) return wire.map(bareValue);
  if (typeof wire !== "object" || wire === null || !("__lv" in wire)) return wire ?? null;
  const chosen = wire.__lv;
  if (Array.isArray(chosen)) return chosen.map((pair: unknown) => bareValue({ __lv: pair }));
  return typeof chosen === "object" && chosen !== null && "value" in chosen ? chosen.value : chosen;
}
