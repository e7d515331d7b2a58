import { randomBytes } from "node:crypto";
import type { HttpResponse } from "@millrace/runner";
import type { Database, Schema } from "../db/index.ts";
import { notifyWithin } from "../db/index.ts";
import type { Kysely } from "kysely";

/** A public address whose requests become events of its owner. */
export interface Endpoint {
  readonly key: string;
  readonly orgId: string;
  /** Who runs for its requests, e.g. `dc_…`. */
  readonly ownerId: string;
  readonly customResponse: boolean;
  readonly isActive: boolean;
  /** Of a workflow's endpoint; null for sources. */
  readonly behavior: EndpointBehavior | null;
}

/** How the endpoint of a workflow treats requests. */
export interface EndpointBehavior {
  /** Answered at once, as soon as the event is written down. */
  readonly staticResponse: HttpResponse | null;
  /** What a caller has to show; `hash` is that of the token. */
  readonly authorization: EndpointAuthorization;
  /** The event is the body alone. */
  readonly bodyOnly: boolean;
}

export type EndpointAuthorization =
  { readonly kind: "none" } | { readonly kind: "oauth" } | { readonly kind: "bearer"; readonly hash: string };

export interface EndpointsOptions {
  db: Database;
  publicUrl: string;
  /** Set: endpoints are `<key>.<ingestDomain>`; null: `<publicUrl>/in/<key>`. */
  ingestDomain: string | null;
}

interface NegativeEntry {
  readonly expiresAtMs: number;
}

const TOPIC = "endpoints";
const KEY_PATTERN = /^e[0-9a-z]{22}$/;
const NEGATIVE_TTL_MS = 5_000;
const MAX_NEGATIVE_ENTRIES = 10_000;

/** A new key: lower-case, because host names have no case; 22 base36 digits, because it is all the protection there is. */
export function newEndpointKey(): string {
  let text = "";
  while (text.length < 22) {
    for (const byte of randomBytes(32)) if (byte < 252 && text.length < 22) text += (byte % 36).toString(36);
  }
  return `e${text}`;
}

/** Whether a text can be an endpoint key at all. */
export function isEndpointKey(text: string): boolean {
  return KEY_PATTERN.test(text);
}

/** Finds endpoints by key, from memory whenever it can. */
export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #known = new Map<string, Endpoint>();
  readonly #unknown = new Map<string, NegativeEntry>();
  readonly #lookups = new Map<string, Promise<Endpoint | null>>();
  #stopListening: (() => void) | null = null;
  /** Counts invalidations, so that a lookup that one overtook is not kept. */
  #version = 0;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** Hears from other nodes which endpoints changed. */
  start(): void {
    this.#stopListening = this.#options.db.listen(TOPIC, (hint) => {
      if (hint.type === "message" && Array.isArray(hint.payload)) this.forget(hint.payload.map(String));
      else this.forget(null);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = null;
  }

  /** The URL of an endpoint, without a trailing slash. */
  urlOf(key: string): string {
    const { ingestDomain, publicUrl } = this.#options;
    if (ingestDomain === null) return `${publicUrl}/in/${key}`;
    return `${new URL(publicUrl).protocol}//${key}.${ingestDomain}`;
  }

  /** What memory says: undefined when the database has to be asked, null when there is no such endpoint. */
  peek(key: string, nowMs: number): Endpoint | null | undefined {
    const known = this.#known.get(key);
    if (known) return known;
    if (!isEndpointKey(key)) return null;
    const unknown = this.#unknown.get(key);
    return unknown && unknown.expiresAtMs > nowMs ? null : undefined;
  }

  /** Asks the database; callers that ask for the same key at once share one query. */
  find(key: string, nowMs: number): Promise<Endpoint | null> {
    const running = this.#lookups.get(key);
    if (running) return running;
    const lookup = this.#lookUp(key, nowMs).finally(() => this.#lookups.delete(key));
    this.#lookups.set(key, lookup);
    return lookup;
  }

  /** Drops what memory holds about these keys, or about all. */
  forget(keys: readonly string[] | null): void {
    this.#version++;
    this.#lookups.clear();
    if (keys === null) {
      this.#known.clear();
      this.#unknown.clear();
      return;
    }
    for (const key of keys) {
      this.#known.delete(key);
      this.#unknown.delete(key);
    }
  }

  /** Within the transaction that changes endpoints: tells every node when it commits. */
  async announce(trx: Kysely<Schema>, keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await notifyWithin(trx, { topic: TOPIC, payload: keys });
  }

  async #lookUp(key: string, nowMs: number): Promise<Endpoint | null> {
    const version = this.#version;
    // The key itself is the secret that leads to the workspace: nothing else is known of the caller.
    const row = await this.#options.db.kysely
      .selectFrom("endpoints")
      .select(["org_id", "owner_id", "custom_response", "active", "behavior"])
      .where("endpoint_key", "=", key)
      .executeTakeFirst();
    const endpoint = row
      ? {
          ...{ key, orgId: row.org_id, ownerId: row.owner_id },
          ...{ customResponse: row.custom_response, isActive: row.active },
          behavior: row.behavior === null ? null : (JSON.parse(row.behavior) as EndpointBehavior),
        }
      : null;
    if (version === this.#version) this.#remember(key, endpoint, nowMs);
    return endpoint;
  }

  #remember(key: string, endpoint: Endpoint | null, nowMs: number): void {
    if (endpoint) {
      this.#known.set(key, endpoint);
      return;
    }
    if (this.#unknown.size >= MAX_NEGATIVE_ENTRIES) this.#unknown.clear();
    this.#unknown.set(key, { expiresAtMs: nowMs + NEGATIVE_TTL_MS });
  }
}
