/** Sources: their list, one of them with its events, and deploying one. */
export { NewSourcePage } from "./new-source.tsx";
export { SourcePage } from "./source.tsx";
export { SourcesPage } from "./sources.tsx";
