/** Turns texts into vectors whose angle tells how near their meanings are. */
export interface Embedder {
  /** Vectors of different models cannot be compared. */
  readonly model: string;
  /** One vector for each text, of any length. Rejects when the model cannot be had. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  /** Gets ready to embed, where that takes long and costs nobody anything. Rejects when the model cannot be had. */
  warm?(): Promise<void>;
  stop(): Promise<void>;
}

/** Asks for so many texts at once, one request after the other: a query need not wait for all texts of an import. */
export async function embedInParts(
  texts: readonly string[],
  { size, ask }: { size: number; ask(part: readonly string[]): Promise<Float32Array[]> },
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += size)
    vectors.push(...(await ask(texts.slice(start, start + size))));
  return vectors;
}
