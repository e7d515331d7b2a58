import type { ConfigurableProp } from "@millrace/runner";
import { isRecord } from "../../sources/index.ts";
import type { DraftNode, StepDraft, StepReading, StepReference } from "./drafts.ts";
import type { StepLanguage } from "./loaded-version.ts";
import { Fields } from "./problems.ts";
import { readBlock } from "./block-drafts.ts";
import { readRetry } from "./settings.ts";

const LANGUAGES: Readonly<Record<string, StepLanguage>> = {
  "nodejs24.x": "nodejs",
  "nodejs22.x": "nodejs",
  "nodejs20.x": "nodejs",
  "python3.12": "python",
  bash: "bash",
};
const DEFAULT_RUNTIME = "nodejs24.x";
const NAMESPACE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_NAMESPACE = 100;
const MAX_STEPS = 1_000;
const MAX_DEPTH = 20;
const MAX_CODE = 1_000_000;
const STEP_FIELDS = [
  ...["type", "namespace", "code", "lang", "component_id", "component_key", "component_url"],
  ...["props", "inputs", "disabled", "retry"],
];
const REFERENCES = ["component_id", "component_key", "component_url"] as const;

/** Reads a list of steps; everything wrong with it is noted. */
export function readSteps(
  list: readonly unknown[],
  { path, reading }: { path: string; reading: StepReading },
): DraftNode[] {
  const { problems, depth } = reading;
  if (depth > MAX_DEPTH) {
    problems.add(path, `may be nested ${MAX_DEPTH} deep`);
    return [];
  }
  return list.flatMap((item, index) => {
    const fields = Fields.of(item, { path: reading.origins?.get(item) ?? `${path}[${index}]`, problems });
    const namespace = fields && readNamespace(fields, reading);
    if (!fields || namespace === null) return [];
    const type = fields.raw("type");
    const isBlock = typeof type === "string" && BLOCKS.has(type);
    if (type !== undefined && !isBlock) fields.problem("type", `must be one of ${[...BLOCKS].join(", ")}, or left out`);
    const node = isBlock ? readBlock(fields, { namespace, reading, readSteps }) : readStep(fields, namespace);
    return node ? [node] : [];
  });
}

const BLOCKS = new Set(["if", "switch", "parallel", "loop", "end"]);

function readNamespace(fields: Fields, { namespaces, problems }: StepReading): string {
  const namespace = fields.raw("namespace");
  if (typeof namespace !== "string" || !NAMESPACE.test(namespace) || namespace.length > MAX_NAMESPACE) {
    const message =
      namespace === undefined ? "is required" : "must be letters, digits and underscores, without a digit first";
    fields.problem("namespace", message);
    return "";
  }
  const other = namespaces.get(namespace);
  if (namespace === "trigger") fields.problem("namespace", '"trigger" is the name of the trigger');
  else if (other !== undefined) fields.problem("namespace", `"${namespace}" is the namespace of ${other} already`);
  if (namespaces.size === MAX_STEPS) problems.add("steps", `may be ${MAX_STEPS} in all`);
  namespaces.set(namespace, fields.path);
  return namespace;
}

/** Null when it cannot be told which code is meant. */
function readStep(fields: Fields, namespace: string): StepDraft | null {
  fields.refuseOthers(STEP_FIELDS);
  const reference = readReference(fields);
  const retry = fields.has("retry") && fields.raw("retry") === undefined ? null : readRetry(fields.inner("retry"));
  const draft: Omit<StepDraft, "reference"> = {
    kind: "step",
    path: fields.path,
    namespace,
    props: fields.record("props"),
    inputs: fields.raw("inputs") === undefined ? undefined : readInputs(fields, reference ?? null),
    disabled: fields.truth("disabled"),
    retry,
  };
  return reference === undefined ? null : { ...draft, reference };
}

/** Null: none is given; undefined: one that is wrong. */
function readReference(fields: Fields): StepReference | null | undefined {
  const code = fields.raw("code");
  const named = REFERENCES.filter((name) => fields.raw(name) !== undefined);
  if (named.length + (code === undefined ? 0 : 1) > 1) {
    fields.problem(named[0] ?? "code", "give one of code, component_id, component_key and component_url");
  }
  if (code !== undefined) return readCode(fields);
  const [kind] = named;
  if (kind === undefined) return null;
  const name = fields.text(kind, { maxLength: 2_000 });
  return name === undefined ? undefined : { kind, name };
}

function readCode(fields: Fields): StepReference | undefined {
  const code = fields.text("code", { maxLength: MAX_CODE });
  const given = fields.raw("lang");
  const runtime = given === undefined ? DEFAULT_RUNTIME : typeof given === "string" ? given : "";
  const lang = Object.hasOwn(LANGUAGES, runtime) ? LANGUAGES[runtime] : undefined;
  if (lang === undefined) fields.problem("lang", `must be one of ${Object.keys(LANGUAGES).join(", ")}`);
  if (code === undefined || lang === undefined) return undefined;
  return { kind: "code", code, lang, runtime };
}

/** `{name: {type, app?, …}}`, as a list of props. */
function readInputs(fields: Fields, reference: StepReference | null): ConfigurableProp[] {
  const inputs = fields.record("inputs") ?? {};
  if (reference && !(reference.kind === "code" && reference.lang === "python")) {
    fields.problem("inputs", "only steps in Python declare inputs");
  }
  return Object.entries(inputs).flatMap(([name, declared]) => {
    const type = isRecord(declared) ? declared["type"] : undefined;
    if (!isRecord(declared) || typeof type !== "string") {
      fields.problem(`inputs.${name}`, "must be an object with a type");
      return [];
    }
    if (type === "app" && typeof declared["app"] !== "string") fields.problem(`inputs.${name}.app`, "is required");
    return [{ ...declared, name, type }];
  });
}

/** For components that have no language of their own in a request. */
export function runtimeOf(lang: StepLanguage): string {
  const known = Object.entries(LANGUAGES).find(([, one]) => one === lang);
  return known?.[0] ?? DEFAULT_RUNTIME;
}
