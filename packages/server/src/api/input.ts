import type { InputOf, Operation } from "@millrace/contract";
import { Type, type TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { Settings } from "typebox/system";
import { invalidInput, type ErrorDetail } from "../core/index.ts";
import { coerceText } from "./coerce.ts";
import { nulProblems } from "./nul-problems.ts";
import { problemsOf } from "./problems.ts";
import { acceptsNull } from "./schema-shape.ts";

// Validation reports at most this many; its own limit of 8 would hide some.
Settings.Set({ maxErrors: 200 });

/** The parts of a request that hold input. */
export interface InputParts {
  params: Readonly<Record<string, unknown>>;
  query: Readonly<Record<string, unknown>>;
  body: Readonly<Record<string, unknown>>;
}

export type InputReader<O extends Operation = Operation> = (parts: InputParts) => InputOf<O>;

const commonProperties: Record<string, TSchema> = {
  include: Type.Optional(Type.String()),
  exclude: Type.Optional(Type.String()),
  org_id: Type.Optional(Type.String()),
};

function mergedProperties(operation: Operation): Record<string, TSchema> {
  return {
    ...commonProperties,
    ...operation.query?.properties,
    ...operation.body?.properties,
    ...operation.params?.properties,
  };
}

function requiredNames(operation: Operation): Set<string> {
  const parts = [operation.query, operation.body, operation.params];
  return new Set(parts.flatMap((part) => part?.required ?? []));
}

/**
 * Makes the reader of an operation's input: the body wins over the query string, texts of the query and the path are
 * converted to what the schema wants, unknown fields are dropped (refused when the body is declared closed), and `null`
 * for an optional field means absent.
 * The reader throws ApiError 400 that lists every problem.
 */
export function inputReader(operation: Operation): InputReader {
  const properties = mergedProperties(operation);
  const required = requiredNames(operation);
  const pathNames = new Set(Object.keys(operation.params?.properties ?? {}));
  const openBody = operation.openBody && Type.Record(Type.String(), operation.openBody);
  const isClosed = operation.body !== undefined && isClosedObject(operation.body);
  let validator: Validator | undefined;
  return (parts) => {
    const input: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(properties)) {
      const value = pathNames.has(name) ? coerceText(schema, parts.params[name]) : fieldOf({ parts, name, schema });
      if (value === undefined || (value === null && !required.has(name) && !acceptsNull(schema))) continue;
      input[name] = value;
    }
    const problems = isClosed ? unknownFields(properties, parts) : [];
    if (openBody) input["fields"] = fieldsBeside(properties, parts.body);
    validator ??= Compile(Type.Object(openBody ? { ...properties, fields: openBody } : properties));
    if (!validator.Check(input)) problems.push(...problemsOf(validator.Errors(input)));
    for (const [name, schema] of Object.entries(properties)) problems.push(...nulProblems(schema, input[name], name));
    if (problems.length > 0) throw invalidInput(problems);
    return input;
  };
}

function fieldsBeside(properties: object, body: InputParts["body"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(properties, name)));
}

function isClosedObject(schema: TSchema): boolean {
  return "additionalProperties" in schema && schema.additionalProperties === false;
}

function unknownFields(properties: object, { query, body }: InputParts): ErrorDetail[] {
  const names = new Set([...Object.keys(query), ...Object.keys(body)]);
  const unknown = [...names].filter((name) => !Object.hasOwn(properties, name));
  return unknown.map((path) => ({ path, message: "is not known here" }));
}

interface FieldPlace {
  parts: InputParts;
  name: string;
  schema: TSchema;
}

function fieldOf({ parts, name, schema }: FieldPlace): unknown {
  if (Object.hasOwn(parts.body, name)) return parts.body[name];
  return coerceText(schema, parts.query[name]);
}
