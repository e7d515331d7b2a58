import type { Json, JsonObject } from "@millrace/runner";
import { invalidInput } from "../../core/index.ts";

const PLACEHOLDER = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;
const HOST_PART = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i;

/** Fills `{{field}}`s in a header or a body; what would end the header's line is taken out. */
export function fillText(template: string, values: JsonObject): string {
  return template.replace(PLACEHOLDER, (_all, name: string) => valueOf(values, name).replace(/[\r\n\0]+/g, ""));
}

/** Fills `{{field}}`s at any depth of a JSON value. */
export function fillJson(template: unknown, values: JsonObject): unknown {
  if (typeof template === "string") return template.replace(PLACEHOLDER, (_all, name: string) => valueOf(values, name));
  if (Array.isArray(template)) return template.map((item) => fillJson(item, values));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, fillJson(item, values)]));
}

/**
 * Fills `{{field}}`s in a URL. A field can be its beginning (an address), a part of its host, or anything behind it, where
 * it is percent-encoded: no field can lead a request to another host than the template means.
 * @throws ApiError 400 that names the field
 */
export function fillUrl(template: string, values: JsonObject): string {
  return template.replace(PLACEHOLDER, (_all, name: string, offset: number) => {
    const value = valueOf(values, name);
    const before = template.slice(0, offset);
    if (before === "") return addressOf(name, value);
    if (!/^(?:https?:\/\/[^/?#]*|\{\{[^}]*\}\}[^/?#]*)$/.test(before)) return encodeURIComponent(value);
    if (HOST_PART.test(value)) return value;
    throw invalidInput([{ path: `credentials.${name}`, message: `must fit into the address ${template}` }]);
  });
}

/** True when fields decide to which host the URL leads, beyond a name below a fixed domain. */
export function hasHostOfUser(template: string): boolean {
  if (template.startsWith("{{")) return true;
  const host = /^https?:\/\/([^/?#]*)/i.exec(template)?.[1] ?? "";
  return host.includes("{{") && !/\.[a-z0-9-]+\.[a-z0-9-]+(?::\d+)?$/i.test(host);
}

/** What lies at a path such as `data.user.0.id` of a JSON value. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value;
  for (const name of path.split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = Reflect.get(current, name);
  }
  return current;
}

/** A text or a number at a path; null for anything else. */
export function wordAt(value: unknown, path: string | undefined): string | null {
  const found = path === undefined ? undefined : valueAt(value, path);
  return (typeof found === "string" && found !== "") || typeof found === "number" ? String(found) : null;
}

function addressOf(name: string, value: string): string {
  const url = URL.parse(/^https?:\/\//i.test(value) ? value : `https://${value}`);
  if (url && url.username === "" && url.search === "" && url.hash === "") return url.href.replace(/\/+$/, "");
  throw invalidInput([{ path: `credentials.${name}`, message: "must be an address such as https://example.com" }]);
}

function valueOf(values: JsonObject, name: string): string {
  const value: Json | undefined = Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}
