import type { Template } from "../../../workflows/index.ts";

/** A template as replies show it. */
export function templateOf({ templateId, orgId, name, definition, createdAtMs }: Template) {
  const { steps, triggers, settings } = definition;
  return {
    id: templateId,
    owner_id: orgId,
    name,
    definition: { steps: [...steps], triggers: [...triggers], settings },
    created_at: Math.floor(createdAtMs / 1000),
  };
}
