import { fieldsOf, type AppDefinition } from "./app-definition.ts";

export type AppOrigin = "catalogue" | "file" | "api" | "component";

/** An app's definition as the columns of its row. */
export function columnsOf(definition: AppDefinition, origin: AppOrigin) {
  const { $schema: _schema, ...kept } = definition;
  return {
    app_id: definition.id,
    name_slug: definition.slug,
    name: definition.name,
    auth_type: authTypeOf(definition),
    description: definition.description,
    img_src: definition.imgSrc ?? null,
    custom_fields_json: JSON.stringify(fieldsOf(definition).map(shownField)),
    categories: definition.categories,
    origin,
    definition: JSON.stringify(kept),
    featured_weight: definition.weight ?? 0,
  };
}

function authTypeOf({ auth }: AppDefinition): "keys" | "oauth" | "none" {
  return auth.type === "oauth1" || auth.type === "oauth2" ? "oauth" : auth.type;
}

/** A field in the form that clients know, where nothing is left out. */
function shownField(field: ReturnType<typeof fieldsOf>[number]) {
  const { name, label, description, default: initial, optional, type } = field;
  return {
    name,
    label,
    description: description ?? null,
    default: initial ?? null,
    optional: optional ?? null,
    ...(type && { type }),
  };
}
