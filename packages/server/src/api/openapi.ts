import { errorReply, oauthErrorReply, type Operation } from "@millrace/contract";
import { Type, type TObject, type TSchema } from "typebox";
import { securityOf, securitySchemes } from "./openapi-security.ts";
import { shapeOf } from "./schema-shape.ts";

export interface OpenApiOptions {
  operations: readonly Operation[];
  version: string;
  publicUrl: string;
}

type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue | undefined };
type JsonRecord = Record<string, JsonValue | undefined>;

const COMMON_PARAMETERS = {
  include: queryText("Comma-separated fields of `data` (of each item in a list) to answer."),
  exclude: queryText("Comma-separated fields to leave out; applied after `include`."),
  org_id: queryText("The workspace, for user API keys. May be left out by a user who belongs to one workspace."),
};

/** The OpenAPI 3.1 document, made from the very schemas that validate. */
export function openApiDocument(options: OpenApiOptions): JsonRecord {
  const paths: Record<string, JsonRecord> = {};
  // Paths that differ only in the names of their parameters are one path: the first names them.
  const pathByShape = new Map<string, string>();
  for (const operation of options.operations) {
    const shape = operation.path.replace(/:\w+/g, ":");
    const path = pathByShape.get(shape) ?? operation.path.replace(/:(\w+)/g, "{$1}");
    pathByShape.set(shape, path);
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: operationObject(operation, path) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version: options.version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Events, sources, workflows and connected accounts. `/orgs/…` is an alias of `/workspaces/…`; POST and PUT take " +
        "each field of the body from the query string too, and the body wins.",
    },
    servers: [{ url: `${options.publicUrl}/v1` }],
    tags: [...new Set(options.operations.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: securitySchemes(options.publicUrl),
      parameters: parameterComponents(),
      responses: {
        Error: { description: "The request failed.", content: jsonContent(schemaJson(errorReply)) },
        OauthError: { description: "The request failed.", content: jsonContent(schemaJson(oauthErrorReply)) },
      },
    },
  };
}

function operationObject(operation: Operation, path: string): JsonRecord {
  const { description, openBody } = operation;
  const body = operation.body ?? (openBody && Type.Record(Type.String(), openBody));
  return {
    operationId: operation.id,
    summary: operation.summary,
    description,
    tags: [operation.tag],
    security: securityOf(operation),
    parameters: [...pathParameters(operation, path), ...parametersOf(operation)],
    ...(body && {
      // A required field may also come in the query string.
      requestBody: { required: false, content: bodyContent(operation, schemaJson(body)) },
    }),
    ...(operation.takesFile && { requestBody: { required: true, content: fileContent() } }),
    responses: {
      [String(operation.status)]: replyObject(operation),
      default: { $ref: `#/components/responses/${operation.dialect === "oauth" ? "OauthError" : "Error"}` },
    },
  };
}

function replyObject(operation: Operation): JsonRecord {
  if (operation.status === 204) return { description: "Done." };
  const schema = schemaJson(operation.reply);
  if (operation.streams === "sse") {
    return { description: "A stream of server-sent events.", content: { "text/event-stream": { schema } } };
  }
  if (operation.streams === "file") return { description: "The file.", content: fileContent() };
  return { description: "Done.", content: jsonContent(schema) };
}

function parametersOf(operation: Operation): JsonValue[] {
  const hasData = shapeOf(operation.reply).properties?.["data"] !== undefined;
  return [
    ...queryParameters(operation.query),
    ...(hasData ? [reference("include"), reference("exclude")] : []),
    ...(operation.takesOrgId ? [reference("org_id")] : []),
    ...(operation.method === "POST" ? [reference("IdempotencyKey")] : []),
  ];
}

function pathParameters(operation: Operation, path: string): JsonValue[] {
  const shownNames = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  return [...operation.path.matchAll(/:(\w+)/g)].map((match, index) => ({
    name: shownNames[index],
    in: "path",
    required: true,
    schema: schemaJson(operation.params?.properties[match[1] ?? ""] ?? Type.String()),
  }));
}

function queryParameters(part: TObject | undefined): JsonValue[] {
  if (!part) return [];
  const required = new Set(part.required ?? []);
  return Object.entries(part.properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.has(name),
    schema: schemaJson(schema),
  }));
}

function parameterComponents(): JsonRecord {
  const common: [string, JsonRecord][] = Object.entries(COMMON_PARAMETERS).map(([name, parameter]) => [
    name,
    { name, in: "query", ...parameter },
  ]);
  return {
    ...Object.fromEntries(common),
    IdempotencyKey: {
      name: "Idempotency-Key",
      in: "header",
      description: "The same key with the same request within 24 hours gets the first answer again.",
      schema: { type: "string", minLength: 1, maxLength: 255 },
    },
  };
}

function reference(name: string): JsonRecord {
  return { $ref: `#/components/parameters/${name}` };
}

function queryText(description: string): JsonRecord {
  return { description, schema: { type: "string" } };
}

function bodyContent({ dialect }: Operation, schema: JsonValue): JsonRecord {
  return { ...jsonContent(schema), ...(dialect === "oauth" && { "application/x-www-form-urlencoded": { schema } }) };
}

function jsonContent(schema: JsonValue): JsonRecord {
  return { "application/json": { schema } };
}

/** Bytes of any type. */
function fileContent(): JsonRecord {
  return { "*/*": { schema: {} } };
}

function schemaJson(schema: TSchema): JsonValue {
  return JSON.parse(JSON.stringify(schema)) as JsonValue;
}
