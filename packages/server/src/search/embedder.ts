/** Turns texts into vectors whose angle tells how near their meanings are. */
export interface Embedder {
  /** Vectors of different models cannot be compared. */
  readonly model: string;
  /** One vector for each text, of any length. Rejects when the model cannot be had. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  stop(): Promise<void>;
}
