import { Type } from "typebox";
import { Value } from "typebox/value";
import { EgressError, type Egress } from "../egress/index.ts";
import type { Embedder } from "./embedder.ts";

/** An endpoint that speaks OpenAI's form. */
export interface EmbeddingService {
  /** Base address: `/embeddings` is below it. */
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | null;
}

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;
const TEXTS_AT_ONCE = 64;

const replySchema = Type.Object({
  data: Type.Array(Type.Object({ index: Type.Integer(), embedding: Type.Array(Type.Number()) })),
});

/** The endpoint answered nothing that can be used. */
class EmbeddingServiceError extends Error {
  override name = "EmbeddingServiceError";
}

/** A model behind an OpenAI-compatible endpoint. */
export class RemoteEmbedder implements Embedder {
  readonly model: string;
  readonly #egress: Egress;
  readonly #service: EmbeddingService;

  constructor(options: { egress: Egress; service: EmbeddingService }) {
    this.#egress = options.egress;
    this.#service = options.service;
    this.model = `${options.service.url} ${options.service.model}`;
  }

  /** @throws EmbeddingServiceError */
  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += TEXTS_AT_ONCE) {
      vectors.push(...(await this.#ask(texts.slice(start, start + TEXTS_AT_ONCE))));
    }
    return vectors;
  }

  stop(): Promise<void> {
    return this.#egress.stop();
  }

  async #ask(input: readonly string[]): Promise<Float32Array[]> {
    const { url, model, apiKey } = this.#service;
    const { status, body } = await this.#egress
      .request({
        ...{ url: `${url}/embeddings`, method: "POST", timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
        headers: { "content-type": "application/json", ...(apiKey !== null && { authorization: `Bearer ${apiKey}` }) },
        body: JSON.stringify({ model, input, encoding_format: "float" }),
      })
      .catch((error: unknown) => {
        if (!(error instanceof EgressError)) throw error;
        throw new EmbeddingServiceError(`The service of embeddings cannot be reached: ${error.message}`, {
          cause: error,
        });
      });
    if (status !== 200) throw new EmbeddingServiceError(`The service of embeddings answered ${status}`);
    return vectorsOf(body, input.length);
  }
}

function vectorsOf(body: Buffer, count: number): Float32Array[] {
  const reply = parsed(body);
  if (!Value.Check(replySchema, reply) || reply.data.length !== count) {
    throw new EmbeddingServiceError("The service of embeddings did not answer in OpenAI's form");
  }
  return reply.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => Float32Array.from(embedding));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}
