import type { TLocalizedValidationError } from "typebox/error";
import type { ErrorDetail } from "../core/index.ts";

/** Turns validation errors into one problem per field, by the field's path (`props.list[2].name`). */
export function problemsOf(errors: readonly TLocalizedValidationError[]): ErrorDetail[] {
  const problems = new Map<string, ErrorDetail>();
  for (const error of errors) {
    for (const problem of detailsOf(error, errors)) {
      if (!problems.has(problem.path)) problems.set(problem.path, problem);
    }
  }
  return [...problems.values()];
}

function detailsOf(error: TLocalizedValidationError, all: readonly TLocalizedValidationError[]): ErrorDetail[] {
  if (error.keyword === "required") {
    return error.params.requiredProperties.map((name) => ({
      path: fieldPath(`${error.instancePath}/${name}`),
      message: "is required",
    }));
  }
  // Each field that may not be there has an entry of its own.
  if (error.keyword === "additionalProperties" || isInsideUnion(error, all)) return [];
  return [{ path: fieldPath(error.instancePath), message: messageOf(error, all) }];
}

/** Alternatives of a union fail one by one; only the union itself is worth telling, unless the trouble lies deeper. */
function isInsideUnion(error: TLocalizedValidationError, all: readonly TLocalizedValidationError[]): boolean {
  return all.some(
    (other) =>
      other.keyword === "anyOf" &&
      other !== error &&
      other.instancePath === error.instancePath &&
      error.schemaPath.startsWith(`${other.schemaPath}/anyOf/`),
  );
}

function messageOf(error: TLocalizedValidationError, all: readonly TLocalizedValidationError[]): string {
  if (error.keyword === "boolean") return "cannot be a name here";
  const alternatives = all.filter(
    (other) => other.instancePath === error.instancePath && other.schemaPath.startsWith(`${error.schemaPath}/anyOf/`),
  );
  const named = new Set(alternatives.map(alternativeName).filter((name) => name !== null));
  const isUnion = error.keyword === "anyOf" || error.keyword === "const";
  if (!isUnion || named.size === 0) return error.keyword === "const" ? constMessage(error, all) : error.message;
  return `must be ${[...named].join(" or ")}`;
}

/** Unions of literals report only their constants, without an entry of their own. */
function constMessage(error: TLocalizedValidationError, all: readonly TLocalizedValidationError[]): string {
  const siblings = all.filter((other) => other.instancePath === error.instancePath);
  return `must be ${[...new Set(siblings.map(alternativeName))].join(" or ")}`;
}

function alternativeName(error: TLocalizedValidationError): string | null {
  if (error.keyword === "const") return JSON.stringify(error.params.allowedValue);
  if (error.keyword === "type") return [error.params.type].flat().join(" or ");
  return null;
}

function fieldPath(pointer: string): string {
  const names = pointer.split("/").slice(1);
  let path = "";
  for (const name of names) {
    const plain = name.replaceAll("~1", "/").replaceAll("~0", "~");
    if (/^\d+$/.test(plain) && path !== "") path += `[${plain}]`;
    else path += path === "" ? plain : `.${plain}`;
  }
  return path;
}
