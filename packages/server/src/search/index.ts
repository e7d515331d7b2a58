/** Finding components by what people say they want: sentence embeddings and words together. */
export { ComponentSearch, type ComponentSearchOptions, type FoundComponents } from "./component-search.ts";
export type { Embedder } from "./embedder.ts";
export { LocalEmbedder } from "./local-embedder.ts";
export { RemoteEmbedder, type EmbeddingService } from "./remote-embedder.ts";
