import type { NewSource } from "../../../sources/index.ts";

/** The parameters that name a component. */
interface ComponentInput {
  component_id?: string;
  component_code?: string;
  component_url?: string;
  component_key?: string;
}

/** Which component a request names. */
export function componentReferenceOf(
  input: ComponentInput,
): Pick<NewSource, "componentId" | "componentCode" | "componentUrl" | "componentKey"> {
  return {
    componentId: input.component_id,
    componentCode: input.component_code,
    componentUrl: input.component_url,
    componentKey: input.component_key,
  };
}
