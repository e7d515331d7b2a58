import type { Readable } from "node:stream";

/** Receives an object bit by bit. It is there, whole, when `finish` has succeeded, and not before. */
export interface ObjectWriter {
  /** Bytes received so far. */
  readonly sizeBytes: number;
  append(bytes: Buffer): Promise<void>;
  finish(): Promise<void>;
  /** Forgets what was received; never rejects. */
  abort(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What may be removed: everything of a prefix that is old enough and that nobody claims. */
export interface Abandoned {
  readonly prefix: string;
  /** What was written later stays. */
  readonly beforeMs: number;
  /** Which of these keys are still in use. */
  inUse(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Where the bytes of files lie: immutable objects by a key that is made by us and never by users. */
export interface ObjectStore {
  /** Whether every node reaches the same objects. */
  readonly isShared: boolean;
  write(key: string): Promise<ObjectWriter>;
  /** A part of an object, which may be shorter than asked for at its end. Null: there is no such object here. */
  read(key: string, range: ByteRange): Promise<Buffer | null>;
  /** A whole object, without holding it in memory. Null: there is no such object here. */
  stream(key: string, sizeBytes: number): Promise<Readable | null>;
  /** Nothing happens when there is none. */
  delete(key: string): Promise<void>;
  /** Removes what a crash has left, and what was never finished; answers how many. */
  removeAbandoned(abandoned: Abandoned): Promise<number>;
}

/** The keys that stores take: a word, perhaps in a folder. */
const KEY = /^(?:[a-z]+\/)?[a-z]+_[0-9A-Za-z]+$/;

/** @throws TypeError for what can not be a key: nothing else may ever become a path */
export function assertObjectKey(key: string): string {
  if (!KEY.test(key)) throw new TypeError("not the key of an object");
  return key;
}

/** Writes what a stream brings. @throws what `onSize` throws, or the stream; nothing is kept then */
export async function writeStream(
  store: ObjectStore,
  key: string,
  from: { source: AsyncIterable<Buffer>; onSize(sizeBytes: number): void },
): Promise<number> {
  const writer = await store.write(key);
  try {
    for await (const chunk of from.source) {
      from.onSize(writer.sizeBytes + chunk.length);
      await writer.append(chunk);
    }
    await writer.finish();
    return writer.sizeBytes;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
