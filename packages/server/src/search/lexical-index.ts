import { wordsOf, type ComponentText } from "./component-text.ts";

/** How often each word stands in a component's text, by the weight of the place where it stands. */
export interface WordCounts {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

const WEIGHTS = { name: 1, key: 1, apps: 1, description: 0.3 };
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;
/** A word that only begins like the one that was asked for. */
const PREFIX_WEIGHT = 0.8;
const MIN_PREFIX_CHARS = 4;
/** A word that no component has says a little against all of them. */
const UNKNOWN_WEIGHT = 0.5;

const STOP_WORDS = new Set(
  (
    "a an the to in of on for my is and or with from i when whenever if it its this that by at as into some someone " +
    "somebody me our your you be are do does can how what who which was were has have had something any every all"
  ).split(" "),
);

/** The words of a text, reduced to their stems. */
export function stemsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !STOP_WORDS.has(word))
    .map(stemOf);
}

function stemOf(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  let stem = word;
  if (word.length > 5 && word.endsWith("ing")) stem = word.slice(0, -3);
  else if (word.length > 4 && word.endsWith("ed")) stem = word.slice(0, -2);
  else if (word.length > 3 && word.endsWith("s") && !word.endsWith("ss")) stem = word.slice(0, -1);
  return stem.length > 4 && stem.endsWith("e") ? stem.slice(0, -1) : stem;
}

/** Counts the words of a component. */
export function countWords({ name, key, apps, description }: ComponentText): WordCounts {
  const counts = new Map<string, number>();
  let total = 0;
  const add = (text: string, weight: number): void => {
    for (const stem of stemsOf(text)) {
      counts.set(stem, (counts.get(stem) ?? 0) + weight);
      total += weight;
    }
  };
  add(name, WEIGHTS.name);
  add(wordsOf(key), WEIGHTS.key);
  add(wordsOf(apps.join(" ")), WEIGHTS.apps);
  add(description, WEIGHTS.description);
  return { counts, total };
}

interface Posting {
  readonly documents: number[];
  readonly counts: number[];
}

/** Ranks documents by the words that they share with a query: BM25, with beginnings of words for those that none has. */
export class LexicalIndex {
  readonly #postings = new Map<string, Posting>();
  readonly #lengthFactors: number[];

  constructor(documents: readonly WordCounts[]) {
    const averageLength = documents.reduce((sum, { total }) => sum + total, 0) / documents.length || 1;
    this.#lengthFactors = documents.map(
      ({ total }) => SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * total) / averageLength),
    );
    for (const [document, { counts }] of documents.entries()) {
      for (const [stem, count] of counts) {
        const posting = this.#postings.get(stem) ?? { documents: [], counts: [] };
        posting.documents.push(document);
        posting.counts.push(count);
        this.#postings.set(stem, posting);
      }
    }
  }

  /** For each document a score from 0 to 1: its share of what a document with all words of the query would have. */
  scores(query: string): Float32Array {
    const sums = new Float32Array(this.#lengthFactors.length);
    let most = 0;
    for (const stem of new Set(stemsOf(query))) {
      const terms = this.#termsOf(stem);
      const best = terms.reduce((top, { weight }) => Math.max(top, weight), 0);
      most += terms.length === 0 ? UNKNOWN_WEIGHT * Math.log(1 + sums.length) : best * (1 + SATURATION);
      for (const [document, score] of this.#bestOf(terms)) sums[document] = (sums[document] ?? 0) + score;
    }
    return most === 0 ? sums : sums.map((sum) => sum / most);
  }

  #termsOf(stem: string): { posting: Posting; weight: number }[] {
    const exact = this.#postings.get(stem);
    if (exact) return [{ posting: exact, weight: this.#rarity(exact) }];
    if (stem.length < MIN_PREFIX_CHARS) return [];
    const terms: { posting: Posting; weight: number }[] = [];
    for (const [known, posting] of this.#postings) {
      const isAlike = known.startsWith(stem) || (known.length >= MIN_PREFIX_CHARS && stem.startsWith(known));
      if (isAlike) terms.push({ posting, weight: this.#rarity(posting) * PREFIX_WEIGHT });
    }
    return terms;
  }

  /** Of several words that begin alike each document counts with its best one. */
  #bestOf(terms: readonly { posting: Posting; weight: number }[]): Map<number, number> {
    const best = new Map<number, number>();
    for (const { posting, weight } of terms) {
      for (const [at, document] of posting.documents.entries()) {
        const count = posting.counts[at] ?? 0;
        const score = (weight * count * (1 + SATURATION)) / (count + (this.#lengthFactors[document] ?? SATURATION));
        if (score > (best.get(document) ?? 0)) best.set(document, score);
      }
    }
    return best;
  }

  #rarity({ documents }: Posting): number {
    const count = this.#lengthFactors.length;
    return Math.log(1 + (count - documents.length + 0.5) / (documents.length + 0.5));
  }
}
