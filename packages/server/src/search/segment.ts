import type { Database } from "../db/index.ts";
import type { BestHits } from "./best-hits.ts";
import { LexicalIndex, countWords, type WordCounts } from "./lexical-index.ts";
import { memberIds, readRows, writeTexts, type SearchRow, type SearchScope } from "./search-scope.ts";
import { readPacked, similarity, type PackedVector } from "./vectors.ts";

/** A component in memory. */
interface HeldEntry {
  readonly key: string;
  readonly row: SearchRow;
  readonly words: WordCounts;
  readonly vector: PackedVector | null;
}

/** How well a component answers a query. */
export interface Hit {
  readonly key: string;
  readonly kind: SearchRow["kind"];
  /** Cosine of the embeddings, 0 to 1; null while one of them is missing. */
  readonly similarity: number | null;
  readonly score: number;
}

/** What is asked of a segment. */
export interface Question {
  readonly query: string;
  /** Vector of the query, of length 1; null: by words only. */
  readonly meaning: Float32Array | null;
  readonly app?: string | undefined;
  /** Least similarity. */
  readonly threshold?: number | undefined;
  /** Keys that another segment answers. */
  isHidden(key: string): boolean;
}

/** Measured by bench/search: words decide, meaning breaks their ties and finds what was said otherwise. */
const MEANING_SHARE = 0.25;
const ROWS_AT_ONCE = 500;
const NO_WORDS = new LexicalIndex([]);

/** What one scope holds, in memory: words and vectors. */
export class Segment {
  readonly scope: SearchScope;
  lastUsedMs = 0;
  readonly #db: Database;
  readonly #model: string;
  #entries = new Map<string, HeldEntry>();
  #list: readonly HeldEntry[] = [];
  #keys: ReadonlySet<string> = new Set();
  #lexical = NO_WORDS;
  #isStale = true;
  #refreshing: Promise<void> | null = null;

  constructor(options: { db: Database; scope: SearchScope; model: string }) {
    this.#db = options.db;
    this.scope = options.scope;
    this.#model = options.model;
  }

  /** Something in the database has changed. */
  markStale(): void {
    this.#isStale = true;
  }

  /** Reads what has changed; at once when nothing has. */
  refresh(): Promise<void> {
    if (!this.#isStale && this.#refreshing === null) return Promise.resolve();
    this.#refreshing ??= this.#reload().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Components that have no vector yet. */
  unembedded(): SearchRow[] {
    return [...this.#entries.values()].filter(({ vector }) => vector === null).map(({ row }) => row);
  }

  /** Whether it holds a component of this key. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Offers what answers a question to the best of its kind. */
  search(question: Question, best: Readonly<Record<Hit["kind"], BestHits<Hit>>>): void {
    const lexical = this.#lexical.scores(question.query);
    const { meaning } = question;
    for (const [index, { key, row, vector }] of this.#list.entries()) {
      if (question.app !== undefined && !row.apps.includes(question.app)) continue;
      const cosine = vector === null || meaning === null ? null : Math.max(0, similarity(vector, meaning));
      if (question.threshold !== undefined && (cosine ?? 0) < question.threshold) continue;
      const score = (1 - MEANING_SHARE) * (lexical[index] ?? 0) + MEANING_SHARE * (cosine ?? 0);
      const ofKind = best[row.kind];
      if (score > 0 && ofKind.wants(score) && !question.isHidden(key)) {
        ofKind.add({ key, kind: row.kind, similarity: cosine, score });
      }
    }
  }

  async #reload(): Promise<void> {
    this.#isStale = false;
    try {
      await writeTexts(this.#db, this.scope);
      const ids = await memberIds(this.#db, this.scope);
      const missing = ids.filter((id) => (this.#entries.get(id)?.vector ?? null) === null);
      const read = new Map<string, HeldEntry>();
      for (let start = 0; start < missing.length; start += ROWS_AT_ONCE) {
        const componentIds = missing.slice(start, start + ROWS_AT_ONCE);
        const rows = await readRows(this.#db, this.scope, { componentIds, model: this.#model });
        for (const row of rows) read.set(row.componentId, this.#held(row));
      }
      this.#replace(ids, read);
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #held(row: SearchRow): HeldEntry {
    const { vector: packed, ...rest } = row;
    const words = this.#entries.get(row.componentId)?.words ?? countWords(row);
    const vector = packed === null ? null : readPacked(packed);
    return { key: row.key, row: { ...rest, vector: null }, words, vector };
  }

  #replace(ids: readonly string[], read: ReadonlyMap<string, HeldEntry>): void {
    const entries = ids.flatMap((id): [string, HeldEntry][] => {
      const entry = read.get(id) ?? this.#entries.get(id);
      return entry ? [[id, entry]] : [];
    });
    this.#entries = new Map(entries);
    this.#list = entries.map(([, entry]) => entry);
    this.#keys = new Set(this.#list.map(({ key }) => key));
    this.#lexical = new LexicalIndex(this.#list.map(({ words }) => words));
  }
}
