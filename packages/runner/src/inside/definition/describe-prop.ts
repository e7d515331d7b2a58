import type { ConfigurableProp } from "../../invocation.ts";
import { toJson } from "../safe-json.ts";
import type { ResolvedProp } from "./resolved-prop.ts";
import { isFunction } from "./user-values.ts";

/** Fields of an app object that are code, not description. */
const APP_CODE_FIELDS = new Set(["propDefinitions", "methods", "props"]);

/** Shows a prop as the API does: functions stripped, `remoteOptions` instead of an `options` function, `readOnly` for what nobody can set. */
export function describeProp(prop: ResolvedProp): ConfigurableProp {
  const described: ConfigurableProp = { name: prop.name, type: prop.type };
  for (const [field, value] of Object.entries(prop.fields)) {
    if (field === "name" || field === "type" || field === "propDefinition") continue;
    if (prop.app && APP_CODE_FIELDS.has(field)) continue;
    if (field === "options" && isFunction(value)) continue;
    const json = toJson(value);
    if (json !== undefined) described[field] = json;
  }
  if (isFunction(prop.fields["options"])) described.remoteOptions = true;
  if (prop.fields["static"] !== undefined || prop.type === "alert" || prop.type === "dir") described.readOnly = true;
  return described;
}
