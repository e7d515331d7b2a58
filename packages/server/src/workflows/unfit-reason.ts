import type { ComponentDefinition } from "@millrace/runner";

/** Why a component cannot be a step; null when it can. A bare `defineComponent` counts as an action. */
export function unfitReason(definition: ComponentDefinition): string | null {
  const { kind, key, hooks, configurableProps } = definition;
  if (kind === "app") return "is an app; an action is needed";
  const service = configurableProps.find(
    ({ type }) => type.startsWith("$.interface.") || type.startsWith("$.service."),
  );
  if (service) return `declares a prop of ${service.type}, which only sources have`;
  const isBare = key === null && !hooks.deploy && !hooks.activate && !hooks.deactivate;
  if (kind === "source" && !isBare) return "is a source; an action is needed";
  return definition.hasRun ? null : "has no run function";
}
