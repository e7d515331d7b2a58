import { MillraceClient, MillraceError, type CallInput, type CallOptions, type CallReply } from "@millrace/client";
import type { OperationId } from "@millrace/contract";

/** The session's token against forged requests, once the session is known. */
export const csrf: { token: string | null } = { token: null };

/** `fetch` with the session's cookie; requests that change something prove that they come from this page. */
const apiFetch: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.delete("authorization");
  if (csrf.token !== null) headers.set("x-csrf-token", csrf.token);
  return fetch(input, { ...init, headers, credentials: "same-origin" });
};

/** Calls the API by operation, e.g. `api.call("listWorkflows", { org_id })`. */
const api = new MillraceClient({ url: "", token: "session", fetch: apiFetch });

/** The same for callers that are generic over operations. */
export function callApi<Id extends OperationId>(
  id: Id,
  input: CallInput<Id>,
  options: CallOptions = {},
): Promise<CallReply<Id>> {
  const call = api.call.bind(api) as (id: string, input: object, options: CallOptions) => Promise<unknown>;
  return call(id, input, options) as Promise<CallReply<Id>>;
}

/** A sentence that a user can act on. */
export function describeError(error: unknown): string {
  if (error instanceof MillraceError) {
    const details = error.details.map((detail) => `${detail.path} ${detail.message}`);
    return details.length > 0 ? `${error.message}: ${details.join("; ")}` : error.message;
  }
  if (error instanceof TypeError) return "The server cannot be reached. It may be restarting; try again in a moment.";
  return error instanceof Error ? error.message : String(error);
}
