import type { Json, JsonObject } from "@millrace/runner";
import type { ErrorDetail } from "../core/index.ts";
import type { AuthField } from "./catalogue/index.ts";

const LONGEST = 65_536;

/**
 * What is wrong with the fields of an account, each by its path. Fields that the definition does not know are kept: a
 * component may read one that the catalogue has not heard of.
 */
export function fieldProblems(fields: readonly AuthField[], values: JsonObject): ErrorDetail[] {
  return fields.flatMap((field) => {
    const message = problemOf(field, Object.hasOwn(values, field.name) ? values[field.name] : undefined);
    return message === null ? [] : [{ path: `credentials.${field.name}`, message }];
  });
}

/** The values with the defaults of fields that were left out. */
export function withDefaults(fields: readonly AuthField[], values: JsonObject): JsonObject {
  const complete: JsonObject = { ...values };
  for (const field of fields) {
    if (isBlank(complete[field.name]) && field.default !== undefined) complete[field.name] = field.default;
  }
  return complete;
}

function problemOf(field: AuthField, value: Json | undefined): string | null {
  if (isBlank(value)) return field.optional === true || field.default !== undefined ? null : "is required";
  if (typeof value === "object") return "must be text";
  const text = String(value);
  if (text.length > LONGEST) return `must not be longer than ${LONGEST} characters`;
  if (field.pattern === undefined || new RegExp(`^(?:${field.pattern})$`, "u").test(text)) return null;
  return `does not look like a ${field.label} (it must match ${field.pattern})`;
}

function isBlank(value: Json | undefined): value is undefined | null | "" {
  return value === undefined || value === null || value === "";
}
