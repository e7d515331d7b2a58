/** Saved components and the instance's registry: from a user's code or address to something a sandbox can load. */
export { ComponentBuilder, type ComponentBuilderOptions, type ComponentSource } from "./component-builder.ts";
export type { ComponentId, ComponentLanguage, ComponentRecord } from "./component-record.ts";
export { COMPONENTS_TOPIC } from "./components-hint.ts";
export { Components, type ComponentsOptions, type PreparedComponent } from "./components.ts";
export { egressDownload } from "./egress-download.ts";
export type { ListedComponent } from "./list-components.ts";
export type { PublishedVersion } from "./published.ts";
export { seedExamples } from "./seed-examples.ts";
export { SCRIPT_DEFINITION } from "./insert-script.ts";
