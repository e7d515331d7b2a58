import type { InvocationError, JsonObject } from "@millrace/runner";
import type { ConfiguredComponent } from "../../../workflows/index.ts";

interface ConfiguringInput {
  id?: string;
  component_code?: string;
  version?: string;
  configured_props?: Record<string, unknown>;
}

/** The component and the values that a request is about. */
export function configuredOf(input: ConfiguringInput, orgId: string): ConfiguredComponent {
  const { id, version, component_code: code, configured_props: props = {} } = input;
  return { orgId, idOrKey: id, version, code, props: props as JsonObject };
}

/** Why the component's code failed, as a reply tells it. */
export function errorsOf(error: InvocationError | null): string[] {
  return error ? [error.name === "Error" ? error.message : `${error.name}: ${error.message}`] : [];
}
