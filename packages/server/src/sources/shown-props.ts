import type { ConfigurableProp, Json, JsonObject } from "@millrace/runner";
import { DB_TYPE, HTTP_TYPE, TIMER_TYPE } from "./configured-props.ts";
import { isRecord } from "./prop-values.ts";

/** Stands for a secret in replies; given back unchanged, it keeps the secret. */
export const SECRET_MASK = "********";

export interface ShownPropsInput {
  readonly definition: readonly ConfigurableProp[];
  readonly props: JsonObject;
  /** Endpoint URL by prop. */
  readonly endpointUrls: Readonly<Record<string, string>>;
}

/** Configured props as replies show them: interfaces in their echoed form, secrets masked. */
export function shownProps({ definition, props, endpointUrls }: ShownPropsInput): JsonObject {
  const shown: JsonObject = {};
  const declared = new Set(definition.map((prop) => prop.name));
  for (const prop of definition) {
    const value = shownValue(prop, { value: props[prop.name], endpointUrl: endpointUrls[prop.name] });
    if (value !== undefined) shown[prop.name] = value;
  }
  for (const [name, value] of Object.entries(props)) if (!declared.has(name)) shown[name] = value;
  return shown;
}

function shownValue(
  prop: ConfigurableProp,
  has: { value: Json | undefined; endpointUrl: string | undefined },
): Json | undefined {
  if (prop.type === HTTP_TYPE) return { endpoint_url: has.endpointUrl ?? null };
  if (prop.type === DB_TYPE) return { type: DB_TYPE };
  if (has.value === undefined) return undefined;
  if (prop.type === TIMER_TYPE && isRecord(has.value)) return shownTimer(has.value);
  return prop.secret ? SECRET_MASK : has.value;
}

function shownTimer(value: JsonObject): JsonObject {
  const cron = value["cron"] ?? null;
  const timezone = value["timezone"];
  return {
    cron,
    interval_seconds: value["intervalSeconds"] ?? null,
    ...(cron !== null && timezone !== undefined && { timezone }),
  };
}

/** Puts the old secrets back where a client returned the mask. */
export function unmasked(
  given: JsonObject,
  old: { definition: readonly ConfigurableProp[]; props: JsonObject },
): JsonObject {
  const result = { ...given };
  for (const prop of old.definition) {
    const secret = old.props[prop.name];
    if (prop.secret && result[prop.name] === SECRET_MASK && secret !== undefined) result[prop.name] = secret;
  }
  return result;
}
