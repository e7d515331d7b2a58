import { FrameError } from "./frames.ts";
import { fieldsOf, listOf, readLoadFailed, textOf } from "./inbound.ts";
import type { ComponentDefinition, ConfigurableProp, Json, JsonObject } from "./invocation.ts";
import type { LoadFailedPayload } from "./messages.ts";

const KINDS: ReadonlySet<unknown> = new Set(["source", "action", "app"]);
const DEDUPES: ReadonlySet<unknown> = new Set(["unique", "greatest", "last", null]);
const MAX_PROPS = 1_000;

/** What a module turned out to be. */
export type Inspection = { readonly definition: ComponentDefinition } | { readonly failure: LoadFailedPayload };

/** What a sandbox says after loading: of its component, or of each of the modules that it was to describe. */
export interface LoadedCode {
  readonly definition: ComponentDefinition | null;
  readonly inspections: ReadonlyMap<string, Inspection>;
}

/** Without NUL, which no database stores in text. */
function plainTextOf(value: unknown, what: string): string {
  return textOf(value, what).replaceAll("\0", "");
}

function plainTextOrNull(value: unknown, what: string): string | null {
  return value === null ? null : plainTextOf(value, what);
}

function readProp(value: unknown): ConfigurableProp {
  const prop = fieldsOf(value, "a prop");
  const name = textOf(prop["name"], "a prop's name");
  const type = textOf(prop["type"], "a prop's type");
  // The rest is shown as it is; it came out of JSON.parse, so it is JSON.
  return { ...(prop as JsonObject), name, type };
}

/**
 * Reads the body of a `loaded` frame.
 * @throws FrameError when a field has not its declared type.
 */
export function readLoaded(value: unknown): LoadedCode {
  const { definition, described } = fieldsOf(value, "a loaded component");
  const inspections = Object.entries(described === undefined ? {} : fieldsOf(described, "described modules"));
  return {
    definition: definition === null ? null : readDefinition(definition),
    inspections: new Map(inspections.map(([name, told]) => [name, readInspection(told)])),
  };
}

function readInspection(value: unknown): Inspection {
  const { definition } = fieldsOf(value, "a described module");
  return definition === undefined ? { failure: readLoadFailed(value) } : { definition: readDefinition(definition) };
}

function readDefinition(value: unknown): ComponentDefinition {
  const fields = fieldsOf(value, "a definition");
  if (!KINDS.has(fields["kind"])) throw new FrameError("a definition has no kind");
  if (!DEDUPES.has(fields["dedupe"])) throw new FrameError("a definition has no dedupe");
  const props = listOf(fields["configurableProps"], "configurableProps");
  if (props.length > MAX_PROPS) throw new FrameError("a definition has too many props");
  const hooks = fieldsOf(fields["hooks"], "hooks");
  return {
    kind: fields["kind"] as ComponentDefinition["kind"],
    key: plainTextOrNull(fields["key"], "a key"),
    name: plainTextOrNull(fields["name"], "a name"),
    version: plainTextOf(fields["version"], "a version"),
    description: plainTextOrNull(fields["description"], "a description"),
    configurableProps: props.map(readProp),
    dedupe: fields["dedupe"] as ComponentDefinition["dedupe"],
    hooks: {
      deploy: hooks["deploy"] === true,
      activate: hooks["activate"] === true,
      deactivate: hooks["deactivate"] === true,
    },
    hasRun: fields["hasRun"] === true,
    hasAdditionalProps: fields["hasAdditionalProps"] === true,
    sampleEmit: (fields["sampleEmit"] ?? null) as Json,
    annotations: fields["annotations"] == null ? null : (fieldsOf(fields["annotations"], "annotations") as JsonObject),
    apps: listOf(fields["apps"], "apps").map((slug) => textOf(slug, "an app")),
  };
}
