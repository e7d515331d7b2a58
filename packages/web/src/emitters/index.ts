/** What lists of sources and of workflows have in common. */
export { EmitterList } from "./emitter-list.tsx";
