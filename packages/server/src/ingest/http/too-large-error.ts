import { newKsuid } from "../../core/index.ts";
import type { EventDraft } from "../../events/index.ts";
import { httpEmitterId, type Endpoint } from "../../sources/index.ts";

const ERRORS_CHANNEL = "$errors";

/** What a workflow's `$errors` say of a request that was refused for its size. */
export function tooLargeError(endpoint: Endpoint, event: string): EventDraft {
  const { orgId, ownerId, key } = endpoint;
  const nowMs = Date.now();
  const id = newKsuid(nowMs);
  const ts = new Date(nowMs).toISOString();
  const msg = "The body of the request is too large";
  const context = { id, trace_id: id, ts, workflow_id: ownerId, emitter_id: httpEmitterId(key), owner_id: orgId };
  const error = { code: "Request Entity Too Large", msg, cellId: null, ts, stack: null };
  const payload = `{"error":${JSON.stringify(error)},"original_event":${event},"original_context":${JSON.stringify(context)}}`;
  return { orgId, emitterId: ownerId, channel: ERRORS_CHANNEL, payload, emitId: id };
}
