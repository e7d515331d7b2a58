import type { ComponentDefinition, Deployment, JsonObject } from "@millrace/runner";

export type SourceState = "deploying" | "active" | "inactive" | "updating";

export interface SourceEndpoint {
  readonly key: string;
  readonly propName: string;
  readonly customResponse: boolean;
}

/** One version of a source with all that running it takes. */
export interface LoadedSource {
  readonly orgId: string;
  readonly sourceId: string;
  readonly deploymentId: string;
  readonly state: SourceState;
  /** False for a trigger of a workflow whose component comes from the registry. */
  readonly isBilled: boolean;
  readonly definition: ComponentDefinition;
  readonly deployment: Deployment;
  /** Wire form, secrets opened. */
  readonly props: JsonObject;
  /** Account by app prop. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly endpoints: readonly SourceEndpoint[];
}
