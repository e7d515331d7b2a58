import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import type { ExpressionScope } from "./expression-scope.ts";
import { parseTemplate } from "./template.ts";

/** Databases whose placeholders are numbered; the others take question marks. */
const NUMBERED_PLACEHOLDERS = /postgres|redshift|cockroach|supabase|neon|timescale/;

/**
 * Turns the value of an `sql` prop into `{query, params}`: each expression becomes a placeholder and a parameter, so
 * that no value is ever read as SQL. Only `usePreparedStatements: false` writes values into the query.
 * @param options `fields` of the prop tell the app behind it.
 */
export function evaluateSql(
  wire: unknown,
  { scope, fields }: { scope: ExpressionScope; fields: UserObject },
): { value: unknown; shown: unknown } {
  const given: UserObject = isObject(wire) ? wire : { value: wire };
  const isPrepared = given["usePreparedStatements"] !== false;
  const source = given["value"] ?? given["query"];
  if (typeof source !== "string") return { value: wire, shown: wire };
  const { parts } = parseTemplate(source);
  const write = isPrepared ? placeholderOf(fields) : null;
  const params: unknown[] = [];
  const shownParams: unknown[] = [];
  let query = "";
  for (const part of parts) {
    if (typeof part === "string") {
      query += part;
      continue;
    }
    const filled = scope.fillIn({ parts: [part], whole: write ? part : null });
    if (!write) {
      query += String(filled.value);
      continue;
    }
    params.push(filled.value ?? null);
    shownParams.push(filled.shown ?? null);
    query += write(params.length);
  }
  const own = paramsOf(given["params"], scope);
  const rest = { usePreparedStatements: isPrepared };
  const shownQuery = write ? { query, params: [...shownParams, ...own.shown] } : { query: source };
  return {
    value: { ...rest, value: query, query, params: [...params, ...own.value] },
    shown: { ...rest, ...shownQuery },
  };
}

function placeholderOf(fields: UserObject): (position: number) => string {
  const { auth } = fields;
  const app = isObject(auth) && typeof auth["app"] === "string" ? auth["app"] : "";
  return NUMBERED_PLACEHOLDERS.test(app) ? (position) => `$${position}` : () => "?";
}

/** Parameters of a query that came with its placeholders. */
function paramsOf(params: unknown, scope: ExpressionScope): { value: unknown[]; shown: unknown[] } {
  const pairs = (Array.isArray(params) ? params : []).map((param: unknown) =>
    typeof param === "string" && param.includes("{{")
      ? scope.fillIn(parseTemplate(param))
      : { value: param, shown: param },
  );
  return { value: pairs.map((pair) => pair.value), shown: pairs.map((pair) => pair.shown) };
}
