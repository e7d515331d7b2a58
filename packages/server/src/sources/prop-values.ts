import type { ConfigurableProp, Json, JsonObject } from "@millrace/runner";

/** A prop's value as it is kept, or what is wrong with it. */
export type CheckedValue = { readonly value: Json } | { readonly problem: string };

type Check = (value: Json) => CheckedValue;

const keep: Check = (value) => ({ value });

/**
 * By type. Lenient where components rely on it: values of options keep their own type, texts may stand for arrays and
 * objects, and `{{…}}` expressions pass anywhere.
 */
const CHECKS: Readonly<Record<string, Check>> = {
  string: scalar,
  "string[]": list,
  integer: whole,
  "integer[]": (value) => (Array.isArray(value) ? each(value, whole) : list(value)),
  boolean: truth,
  "boolean[]": (value) => (Array.isArray(value) ? each(value, truth) : list(value)),
  object: record,
  data_store: (value) =>
    typeof value === "string" || isRecord(value) ? { value } : { problem: "must be a data store's id" },
  http_request: (value) => (isRecord(value) ? { value } : { problem: "must be an object" }),
  "$.discord.channel": scalar,
  "$.discord.channel[]": list,
};

/** Checks a user-input value against its prop's type; types that we do not know take anything. */
export function checkValue(prop: ConfigurableProp, value: Json): CheckedValue {
  if (isLabelled(value) || isExpression(value)) return { value };
  return (CHECKS[prop.type] ?? keep)(value);
}

export function isRecord(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isLabelled(value: Json): boolean {
  return isRecord(value) && "__lv" in value;
}

function isExpression(value: Json): boolean {
  return typeof value === "string" && value.includes("{{") && value.includes("}}");
}

function scalar(value: Json): CheckedValue {
  if (typeof value === "object") return { problem: "must be a string" };
  return { value };
}

function whole(value: Json): CheckedValue {
  const number = typeof value === "string" && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number)) return { value: number };
  return { problem: "must be an integer" };
}

function truth(value: Json): CheckedValue {
  if (typeof value === "boolean") return { value };
  if (value === "true" || value === "false") return { value: value === "true" };
  return { problem: "must be a boolean" };
}

function list(value: Json): CheckedValue {
  return Array.isArray(value) || typeof value === "string" ? { value } : { problem: "must be an array" };
}

function each(values: Json[], check: Check): CheckedValue {
  const checked = values.map((value) => (isLabelled(value) || isExpression(value) ? { value } : check(value)));
  const at = checked.findIndex((one) => "problem" in one);
  const bad = checked[at];
  if (bad && "problem" in bad) return { problem: `item ${at} ${bad.problem}` };
  return { value: checked.flatMap((one) => ("value" in one ? [one.value] : [])) };
}

function record(value: Json): CheckedValue {
  if (isRecord(value)) return { value };
  if (typeof value !== "string") return { problem: "must be an object" };
  try {
    const parsed = JSON.parse(value) as Json;
    return isRecord(parsed) ? { value: parsed } : { problem: "must be an object" };
  } catch {
    return { problem: "must be an object, or its JSON" };
  }
}
