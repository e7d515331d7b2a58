/** Showing JSON of any size: a tree that opens on demand, with paths that can be copied. */
export { JsonView } from "./json-view.tsx";
