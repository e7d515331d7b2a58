import type { Shape } from "../../testing/index.ts";
import { eventId, pageInfo } from "./shapes.ts";

/** An example as it is printed; `{name}` stands for an id or a secret of the world that it is replayed in. */
export interface Example {
  /** Below `/v1`, with its query. */
  path: string;
  body?: unknown;
  status?: number;
  /** Of the whole reply; absent: there is none. */
  reply?: Shape;
  /** The token is a user's of a paid plan. */
  paid?: true;
  /** What of the reply later examples name. */
  keep?: { as: string; at: readonly string[] };
}

/** An operation of the primary source. */
export interface SeedOperation {
  title: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  operationId: string;
  examples: readonly Example[];
}

/** What a page of events says of itself, and of each event besides what it holds. */
export const eventPage = { ...pageInfo, start_cursor: eventId, end_cursor: eventId };
const metadata = { emit_id: /^[0-9A-Za-z]{27}$/, name: "string", emitter_id: /^(?:dc|p)_/ };
export const summary = { id: eventId, indexed_at_ms: "integer", metadata };
