import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError, invalidInput, isNestedTooDeeply, MAX_JSON_LEVELS } from "../core/index.ts";
import { unsupportedMediaType } from "./errors.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The body may be a form. */
    takesForm?: boolean;
  }
}

/** JSON is the only body, but for routes that say otherwise: empty is `{}`, anything but an object is 400 (as is a bottomless one), another content type is 415. */
export function bodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json\b/i,
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string) => parseBody(body),
  );
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (request: FastifyRequest, body: string) => {
      if (request.routeOptions.config.takesForm === true) return parseForm(body);
      if (body !== "") throw unsupportedMediaType();
      return {};
    },
  );
  app.addContentTypeParser("*", { parseAs: "string" }, async (_request: FastifyRequest, body: string) => {
    if (body !== "") throw unsupportedMediaType();
    return {};
  });
}

/** Leaves the body alone, whatever it is: the route reads it. */
export function fileParser(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _payload, done) => done(null, {}));
}

/** Each field may stand there once (RFC 6749, 3.2). */
function parseForm(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(fields, name)) throw invalidInput([{ path: name, message: "must not be there twice" }]);
    fields[name] = value;
  }
  return fields;
}

function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new ApiError("invalid_json", "The body is not valid JSON", { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalidInput([{ path: "body", message: "must be a JSON object" }]);
  }
  if (isNestedTooDeeply(parsed)) {
    throw invalidInput([{ path: "body", message: `must not be nested more than ${MAX_JSON_LEVELS} levels deep` }]);
  }
  return parsed;
}
