import { Worker } from "node:worker_threads";
import type { EmbeddingAnswer, EmbeddingRequest } from "./embedding-worker.ts";
import { embedInParts, type Embedder } from "./embedder.ts";

const WORKER = new URL("./embedding-worker.ts", import.meta.url);
/** Its memory (some 200 MB) is for those who search; loading it takes 2 seconds, so it stays for who searches again. */
const IDLE_MS = 10 * 60_000;
/** Larger ones need much memory and gain nothing. */
const TEXTS_AT_ONCE = 16;

interface Waiter {
  resolve(vectors: Float32Array[]): void;
  reject(error: Error): void;
}

/** The model that comes along, on a thread of its own that exists only while somebody needs it. */
export class LocalEmbedder implements Embedder {
  readonly model = "universal-sentence-encoder-lite";
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiter>();
  #worker: Worker | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #lastId = 0;

  constructor(options: { idleMs?: number } = {}) {
    this.#idleMs = options.idleMs ?? IDLE_MS;
  }

  /** Whether the model is in memory. */
  get isLoaded(): boolean {
    return this.#worker !== null;
  }

  embed(texts: readonly string[]): Promise<Float32Array[]> {
    return embedInParts(texts, { size: TEXTS_AT_ONCE, ask: (part) => this.#ask(part) });
  }

  async warm(): Promise<void> {
    if (!this.isLoaded) await this.#ask(["ready"]);
  }

  async stop(): Promise<void> {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    const worker = this.#worker;
    this.#lose(new Error("The model is being let go"));
    await worker?.terminate();
  }

  #ask(texts: readonly string[]): Promise<Float32Array[]> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array[]>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker ??= this.#start();
    const request: EmbeddingRequest = { id, texts };
    this.#worker.postMessage(request, []);
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { execArgv: [], env: {} });
    worker.unref();
    worker.on("message", (answer: EmbeddingAnswer) => this.#receive(answer));
    worker.on("error", (error) => worker === this.#worker && this.#lose(error));
    worker.on("exit", () => worker === this.#worker && this.#lose(new Error("The thread of the model ended")));
    return worker;
  }

  #receive(answer: EmbeddingAnswer): void {
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiter?.reject(new Error(answer.error));
    else waiter?.resolve([...answer.vectors]);
    if (this.#waiting.size > 0) return;
    this.#idleTimer = setTimeout(() => void this.stop(), this.#idleMs).unref();
  }

  #lose(error: unknown): void {
    this.#worker = null;
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const waiter of this.#waiting.values()) waiter.reject(reason);
    this.#waiting.clear();
  }
}
