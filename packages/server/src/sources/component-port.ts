import type { CodeBundle, ComponentDefinition } from "@millrace/runner";

/** A saved component, as sources need it. */
export interface SavedComponent {
  readonly orgId: string;
  readonly componentId: string;
  readonly name: string;
  readonly definition: ComponentDefinition;
}

/** Where components come from. */
export interface ComponentPort {
  createFromCode(orgId: string, code: string, url?: string): Promise<SavedComponent>;
  createFromUrl(orgId: string, url: string): Promise<SavedComponent>;
  /** By id or key. */
  find(orgId: string, idOrKey: string): Promise<SavedComponent | null>;
  bundleOf(component: SavedComponent): Promise<CodeBundle>;
}
