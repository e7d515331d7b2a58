import type { IncomingMessage } from "node:http";
import { isEndpointKey } from "../../sources/index.ts";

/** The endpoint that a request is for, and what is left of its path. */
export interface Target {
  readonly key: string;
  /** Starts with `/`; without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly queryText: string;
  readonly byHost: boolean;
}

const PATH_PREFIX = "/in/";

/** Reads the endpoint from `/in/<key>/…` or from the first label of the host; null when the request is for neither. */
export function targetOf(request: Pick<IncomingMessage, "url" | "headers">): Target | null {
  const url = request.url ?? "/";
  const queryAt = url.indexOf("?");
  const fullPath = queryAt < 0 ? url : url.slice(0, queryAt);
  const queryText = queryAt < 0 ? "" : url.slice(queryAt + 1);
  const hostKey = keyOfHost(request.headers.host);
  if (hostKey !== null) return { key: hostKey, path: fullPath, queryText, byHost: true };
  if (!fullPath.startsWith(PATH_PREFIX)) return null;
  const slashAt = fullPath.indexOf("/", PATH_PREFIX.length);
  const key = fullPath.slice(PATH_PREFIX.length, slashAt < 0 ? undefined : slashAt);
  return { key, path: slashAt < 0 ? "/" : fullPath.slice(slashAt), queryText, byHost: false };
}

/** Keys have a shape of their own, so no other host name is mistaken for one. */
function keyOfHost(host: string | undefined): string | null {
  const dotAt = host?.indexOf(".") ?? -1;
  if (host === undefined || dotAt < 0) return null;
  const label = host.slice(0, dotAt).toLowerCase();
  return isEndpointKey(label) ? label : null;
}
