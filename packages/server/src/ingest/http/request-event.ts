import type { IncomingHttpHeaders } from "node:http";
import type { ParsedBody } from "./body.ts";
import { parseForm, parseQuery } from "./fields.ts";
import { withoutOwnCookies } from "./own-cookies.ts";

export interface EventInput {
  readonly method: string;
  readonly path: string;
  readonly queryText: string;
  readonly headers: IncomingHttpHeaders;
  readonly clientIp: string;
  /** The endpoint's URL; the path is added. */
  readonly baseUrl: string;
  readonly body: ParsedBody;
}

/**
 * The event of a request, as JSON text. It is put together by hand because this runs for every request, and because the
 * body's own JSON text goes in as it came. It never holds `timestamp`, `interval_seconds` or `cron`: components tell
 * their interfaces apart by those.
 */
export function requestEvent(input: EventInput): string {
  const { bodyRaw, body } = input.body;
  return (
    `{"method":${JSON.stringify(input.method)},"path":${JSON.stringify(input.path)}` +
    `,"query":${JSON.stringify(parseQuery(input.queryText))}` +
    `,"client_ip":${JSON.stringify(input.clientIp)},"url":${JSON.stringify(input.baseUrl + input.path)}` +
    `,"headers":${JSON.stringify(withoutOwnCookies(input.headers))}` +
    `${bodyRaw === null ? "" : `,"bodyRaw":${bodyRaw}`}${body === null ? "" : `,"body":${body}`}}`
  );
}

/**
 * The event of a request to a workflow: a repeated name of the query is a list, and there is no `bodyRaw`. With
 * `bodyOnly` it is the body and nothing else.
 */
export function workflowEvent(input: EventInput, { bodyOnly }: { bodyOnly: boolean }): string {
  const { body } = input.body;
  if (bodyOnly) return body ?? "{}";
  const query = input.queryText === "" ? "{}" : JSON.stringify(parseForm(input.queryText));
  return (
    `{"method":${JSON.stringify(input.method)},"path":${JSON.stringify(input.path)},"query":${query}` +
    `,"client_ip":${JSON.stringify(input.clientIp)},"url":${JSON.stringify(input.baseUrl + input.path)}` +
    `,"headers":${JSON.stringify(withoutOwnCookies(input.headers))}${body === null ? "" : `,"body":${body}`}}`
  );
}

/** The caller's address as text; IPv4 without the IPv6 wrapping. */
export function clientIpOf(remoteAddress: string | undefined): string {
  const address = remoteAddress ?? "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
