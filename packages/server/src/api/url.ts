/**
 * One spelling for each path: duplicate slashes are one, a trailing slash is none, and `/v1/orgs/…` is
 * `/v1/workspaces/…`. The query stays as it is.
 */
export function normalizeUrl(url: string): string {
  const queryAt = url.indexOf("?");
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = queryAt === -1 ? "" : url.slice(queryAt);
  const single = path.replace(/\/{2,}/g, "/");
  const trimmed = single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
  return trimmed.replace(/^\/v1\/orgs(?=\/|$)/, "/v1/workspaces") + query;
}
