import { ApiError } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { COMPONENTS_TOPIC } from "../registry/index.ts";
import { BestHits } from "./best-hits.ts";
import { embeddedText, TEXT_FORM } from "./component-text.ts";
import type { Embedder } from "./embedder.ts";
import { hasComponents, writeVectors, type SearchScope } from "./search-scope.ts";
import { Segment, type Hit } from "./segment.ts";
import { packVector, unitVector } from "./vectors.ts";

export interface ComponentSearchOptions {
  readonly db: Database;
  readonly embedder: Embedder;
  /** Hears when the model cannot be had; words alone are searched then. */
  onError(error: unknown): void;
  /** How long after a start the model is loaded ahead; 10 seconds when absent. */
  readonly warmAfterMs?: number;
}

export interface SearchRequest {
  readonly query: string;
  /** Slug of an app that the components use. */
  readonly app?: string | undefined;
  /** Least cosine similarity. */
  readonly threshold?: number | undefined;
  /** Of each kind. */
  readonly limit: number;
}

/** Components by kind, best first. */
export interface FoundComponents {
  readonly sources: readonly Hit[];
  readonly actions: readonly Hit[];
  readonly model: string;
}

/** New components are embedded meanwhile; a caller waits so long for them. */
const WAIT_FOR_NEW_MS = 2_000;
const EMBEDDED_AT_ONCE = 32;
const REMEMBERED_QUERIES = 500;
const IDLE_MS = 10 * 60_000;
const SWEEP_EVERY_MS = 60_000;
/** A start has other work first. */
const WARM_AFTER_MS = 10_000;
/** With fewer components than this, nobody may ever search: the examples alone are not worth the model's memory. */
const WORTH_COMPONENTS = 50;

/** Finds components by what they do: those of the caller's workspaces and the registry's. */
export class ComponentSearch {
  readonly #options: ComponentSearchOptions;
  readonly #model: string;
  readonly #segments = new Map<SearchScope, Segment>();
  readonly #embedding = new Map<SearchScope, Promise<void>>();
  readonly #queries = new Map<string, Float32Array>();
  #unlisten: (() => void) | null = null;
  #sweeper: NodeJS.Timeout | null = null;
  #warmer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: ComponentSearchOptions) {
    this.#options = options;
    this.#model = `${options.embedder.model} ${TEXT_FORM}`;
  }

  /** Whose vectors tell what is near. */
  get model(): string {
    return this.#options.embedder.model;
  }

  /** `isAhead`: the model is loaded soon after the start, where there is much to search; else when somebody is about to. */
  start({ isAhead = false }: { isAhead?: boolean } = {}): void {
    const { warmAfterMs = WARM_AFTER_MS } = this.#options;
    if (isAhead) this.#warmer = setTimeout(() => void this.#warmIfWorth(), warmAfterMs).unref();
    this.#unlisten = this.#options.db.listen(COMPONENTS_TOPIC, (hint) => {
      const { payload } = hint.type === "message" ? hint : { payload: undefined };
      // What is published leaves the list of its workspace's own.
      const isOne = typeof payload === "string";
      for (const segment of this.#segments.values()) {
        if (!isOne || segment.scope === payload || segment.scope === null) segment.markStale();
      }
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unlisten?.();
    if (this.#sweeper) clearInterval(this.#sweeper);
    if (this.#warmer) clearTimeout(this.#warmer);
    await this.#options.embedder.stop();
    await Promise.allSettled(this.#embedding.values());
  }

  /** Somebody is about to search: loads the model on its thread, and what the registry holds. Never rejects. */
  async warm(): Promise<void> {
    const { embedder, onError } = this.#options;
    if (this.#isStopped || !embedder.warm) return;
    await Promise.all([embedder.warm(), this.#prepare([this.#segmentOf(null)])]).catch((error: unknown) => {
      if (!this.#isStopped) onError(error);
    });
  }

  async #warmIfWorth(): Promise<void> {
    const { db, onError } = this.#options;
    try {
      if (await hasComponents(db, WORTH_COMPONENTS)) await this.warm();
    } catch (error) {
      if (!this.#isStopped) onError(error);
    }
  }

  /** @throws ApiError 503 when a threshold is asked for and the model cannot be had */
  async search(orgIds: readonly string[], request: SearchRequest): Promise<FoundComponents> {
    const segments = [...orgIds, null].map((scope) => this.#segmentOf(scope));
    const [meaning] = await Promise.all([this.#meaningOf(request.query), this.#prepare(segments)]);
    if (meaning === null && request.threshold !== undefined) {
      throw new ApiError("unavailable", "The model of embeddings cannot be had; search without similarity_threshold");
    }
    const best = { source: new BestHits<Hit>(request.limit), action: new BestHits<Hit>(request.limit) };
    for (const [place, segment] of segments.entries()) {
      // A workspace's own component hides the registry's of the same key.
      const isHidden = (key: string): boolean => segments.slice(0, place).some((earlier) => earlier.has(key));
      segment.search({ ...request, meaning, isHidden }, best);
    }
    return { sources: best.source.hits, actions: best.action.hits, model: this.#options.embedder.model };
  }

  #segmentOf(scope: SearchScope): Segment {
    const segment = this.#segments.get(scope) ?? new Segment({ db: this.#options.db, scope, model: this.#model });
    segment.lastUsedMs = performance.now();
    this.#segments.set(scope, segment);
    return segment;
  }

  async #prepare(segments: readonly Segment[]): Promise<void> {
    await Promise.all(segments.map((segment) => segment.refresh()));
    const embedding = segments.flatMap((segment) => this.#embedNew(segment) ?? []);
    if (embedding.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_FOR_NEW_MS);
    });
    await Promise.race([Promise.all(embedding), patience]);
    clearTimeout(timer);
    await Promise.all(segments.map((segment) => segment.refresh()));
  }

  /** Null when all have a vector. */
  #embedNew(segment: Segment): Promise<void> | null {
    const underway = this.#embedding.get(segment.scope);
    if (underway || segment.unembedded().length === 0 || this.#isStopped) return underway ?? null;
    const started = this.#embedAll(segment)
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => this.#embedding.delete(segment.scope));
    this.#embedding.set(segment.scope, started);
    return started;
  }

  async #embedAll(segment: Segment): Promise<void> {
    const { db, embedder } = this.#options;
    const rows = segment.unembedded();
    for (let start = 0; start < rows.length; start += EMBEDDED_AT_ONCE) {
      const part = rows.slice(start, start + EMBEDDED_AT_ONCE);
      const vectors = await embedder.embed(part.map(embeddedText));
      const made = part.flatMap(({ componentId }, index) => {
        const vector = vectors[index];
        return vector ? [{ componentId, vector: packVector(vector) }] : [];
      });
      await writeVectors(db, made, this.#model);
      segment.markStale();
    }
  }

  async #meaningOf(query: string): Promise<Float32Array | null> {
    const known = this.#queries.get(query);
    if (known) return known;
    try {
      const [vector] = await this.#options.embedder.embed([query]);
      if (!vector) return null;
      const unit = unitVector(vector);
      const [oldest] = this.#queries.keys();
      if (this.#queries.size >= REMEMBERED_QUERIES && oldest !== undefined) this.#queries.delete(oldest);
      this.#queries.set(query, unit);
      return unit;
    } catch (error) {
      this.#options.onError(error);
      return null;
    }
  }

  /** Lets go of what nobody has searched for long. */
  #sweep(): void {
    const now = performance.now();
    for (const [scope, segment] of this.#segments) {
      if (now - segment.lastUsedMs > IDLE_MS) this.#segments.delete(scope);
    }
  }
}
