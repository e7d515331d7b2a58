/**
 * One spelling for each path: duplicate slashes are one, a trailing slash is none, `/v1/orgs/…` is `/v1/workspaces/…`,
 * and a stream of events is also reached without `/v1`. The query stays as it is.
 */
export function normalizeUrl(url: string): string {
  const queryAt = url.indexOf("?");
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = queryAt === -1 ? "" : url.slice(queryAt);
  const single = path.replace(/\/{2,}/g, "/");
  const trimmed = single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
  const versioned = /^\/(sources|workflows)\/[^/]+\/sse$/.test(trimmed) ? `/v1${trimmed}` : trimmed;
  return versioned.replace(/^\/v1\/orgs(?=\/|$)/, "/v1/workspaces") + query;
}
