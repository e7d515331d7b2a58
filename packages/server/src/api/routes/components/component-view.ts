import type { ComponentRecord, ListedComponent } from "../../../registry/index.ts";

/** A component as replies show it. */
export function componentOf(component: ComponentRecord) {
  const { definition } = component;
  return {
    id: component.componentId,
    code: component.code,
    code_hash: component.codeHash,
    name: component.name,
    version: definition.version,
    key: definition.key,
    description: definition.description,
    type: definition.kind,
    configurable_props: definition.configurableProps,
    created_at: Math.floor(component.createdAtMs / 1000),
    updated_at: Math.floor(component.updatedAtMs / 1000),
  };
}

/** A component as lists show it. */
export function listedComponentOf(component: ListedComponent) {
  return {
    id: component.componentId,
    key: component.key,
    name: component.name,
    version: component.version,
    type: component.kind,
    description: component.description,
    apps: [...component.apps],
    created_at: Math.floor(component.createdAtMs / 1000),
    updated_at: Math.floor(component.updatedAtMs / 1000),
  };
}
