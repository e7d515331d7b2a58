import { appAuthSchemas, appDefinitionSchema } from "@millrace/contract";
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import type { ErrorDetail } from "../../core/index.ts";
import { fieldsOf, type AppDefinition } from "./app-definition.ts";

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
/** What `$auth` holds besides the fields, once an account is connected. */
const OF_OAUTH = ["oauth_access_token", "oauth_client_id", "oauth_uid"];

interface Validators {
  definition: Validator;
  auths: ReadonlyMap<string, Validator>;
}

let validators: Validators | null = null;

/** Compiled at the first use: whoever only imports the module does not pay for it. */
function compile(): Validators {
  const auths = Object.entries<TSchema>(appAuthSchemas).map(([type, schema]) => [type, Compile(schema)] as const);
  return { definition: Compile(appDefinitionSchema), auths: new Map(auths) };
}

export type CheckedDefinition = { definition: AppDefinition } | { problems: ErrorDetail[] };

/** Reads a definition as it stands in a file or came by the API; names every field that is wrong. */
export function checkDefinition(value: unknown): CheckedDefinition {
  if (JSON.stringify(value)?.includes("\\u0000"))
    return { problems: [{ path: "", message: "holds the character NUL" }] };
  const { definition, auths } = (validators ??= compile());
  if (!definition.Check(value)) return { problems: shapeProblems(value, { definition, auths }) };
  const checked = value as AppDefinition;
  const problems = [...fieldProblems(checked), ...placeholderProblems(checked)];
  return problems.length > 0 ? { problems } : { definition: checked };
}

function shapeProblems(value: unknown, { definition, auths }: Validators): ErrorDetail[] {
  const auth: unknown = typeof value === "object" && value !== null && "auth" in value ? value.auth : undefined;
  const type: unknown = typeof auth === "object" && auth !== null && "type" in auth ? auth.type : undefined;
  const validator = auths.get(String(type));
  const own = definition.Errors(value).filter((error) => !error.instancePath.startsWith("/auth"));
  const problems = own.flatMap((error) => problemsOf(error, ""));
  if (validator) problems.push(...validator.Errors(auth).flatMap((error) => problemsOf(error, "/auth")));
  else if (auth !== undefined)
    problems.push({ path: "auth.type", message: `must be ${[...auths.keys()].join(" or ")}` });
  return [...new Map(problems.map((problem) => [problem.path, problem])).values()];
}

function problemsOf(error: TLocalizedValidationError, prefix: string): ErrorDetail[] {
  const at = `${prefix}${error.instancePath}`;
  if (error.keyword === "required") {
    return error.params.requiredProperties.map((name) => ({ path: pathOf(`${at}/${name}`), message: "is required" }));
  }
  if (error.keyword === "additionalProperties") return [];
  const message = error.keyword === "boolean" ? "is not a field of a definition" : error.message;
  return [{ path: pathOf(at), message }];
}

function pathOf(pointer: string): string {
  return pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]")
    .replaceAll("/", ".");
}

function fieldProblems(definition: AppDefinition): ErrorDetail[] {
  const names = new Set<string>();
  return fieldsOf(definition).flatMap(({ name, pattern }, index) => {
    const path = `auth.fields[${index}]`;
    const isTwice = names.has(name);
    names.add(name);
    return [
      ...(isTwice ? [{ path: `${path}.name`, message: `${name} is there twice` }] : []),
      ...(isPattern(pattern) ? [] : [{ path: `${path}.pattern`, message: "is no regular expression" }]),
    ];
  });
}

function isPattern(pattern: string | undefined): boolean {
  try {
    return new RegExp(pattern ?? "", "v").source !== "";
  } catch {
    return false;
  }
}

/** A placeholder that names nothing would be sent as an empty text, and the provider's complaint about it says little. */
function placeholderProblems(definition: AppDefinition): ErrorDetail[] {
  const { auth, test } = definition;
  const fields = fieldsOf(definition).map(({ name }) => name);
  const extra = auth.type === "oauth2" ? Object.keys(auth.credentials ?? {}) : [];
  const connected = new Set([...fields, ...extra, ...(auth.type.startsWith("oauth") ? OF_OAUTH : [])]);
  return [
    ...unknownPlaceholders(auth, { path: "auth", known: new Set(fields) }),
    ...unknownPlaceholders(test ?? {}, { path: "test", known: connected }),
  ];
}

function unknownPlaceholders(value: unknown, at: { path: string; known: ReadonlySet<string> }): ErrorDetail[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, item]) => {
      const step = Array.isArray(value) ? `[${name}]` : `.${name}`;
      return unknownPlaceholders(item, { ...at, path: `${at.path}${step}` });
    });
  }
  const names = typeof value === "string" ? [...value.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "") : [];
  const unknown = names.filter((name) => !at.known.has(name));
  return unknown.map((name) => ({ path: at.path, message: `holds {{${name}}}, which is none of the app's fields` }));
}
