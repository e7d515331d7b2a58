import type { ConfigurableProp, JsonObject } from "@millrace/runner";
import type { FlowNode, StepLanguage, StepRetry } from "./loaded-version.ts";
import type { Problems } from "./problems.ts";

/** Where a step's code comes from. */
export type StepReference =
  | { readonly kind: "code"; readonly code: string; readonly lang: StepLanguage; readonly runtime: string }
  | { readonly kind: "component_id" | "component_key" | "component_url"; readonly name: string };

/** A step as a request describes it. What is undefined stays as it was in the version before. */
export interface StepDraft {
  readonly kind: "step";
  readonly path: string;
  readonly namespace: string;
  /** Null: that of the same namespace in the version before. */
  readonly reference: StepReference | null;
  readonly props: JsonObject | undefined;
  /** What a Python step declares to get in `pd.inputs`. */
  readonly inputs: readonly ConfigurableProp[] | undefined;
  readonly disabled: boolean | undefined;
  /** Null: none. */
  readonly retry: StepRetry | null | undefined;
}
export type DraftNode = FlowNode<StepDraft>;

/** What reading a whole list of steps shares. */
export interface StepReading {
  readonly problems: Problems;
  /** Path by namespace of those that were read. */
  readonly namespaces: Map<string, string>;
  readonly depth: number;
  /** Where items come from whose place in the list is not their place in the request. */
  readonly origins?: ReadonlyMap<unknown, string>;
}
