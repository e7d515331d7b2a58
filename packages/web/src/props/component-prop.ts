/** A prop of a component, as the API shows it. */
export interface ComponentProp {
  name: string;
  type: string;
  label?: string;
  description?: string;
  optional?: boolean;
  hidden?: boolean;
  secret?: boolean;
  app?: string;
  default?: unknown;
  options?: readonly (string | number | boolean | { label?: string; value: unknown })[];
  min?: number;
  max?: number;
  content?: string;
  alertType?: string;
  remoteOptions?: boolean;
  reloadProps?: boolean;
}

/** Types that the platform fills in by itself. */
const WITHOUT_INPUT = new Set(["$.service.db", "$.interface.http", "$.interface.apphook", "dir"]);

/** The props of a component as the API shows them, which is as loose objects. */
export function propsOf(props: readonly object[]): ComponentProp[] {
  return (props as readonly ComponentProp[]).filter(
    (prop) => typeof prop.name === "string" && typeof prop.type === "string",
  );
}

export function needsInput(prop: ComponentProp): boolean {
  return !WITHOUT_INPUT.has(prop.type) && prop.hidden !== true;
}

/** What a form starts with: the props' defaults. */
export function startingValues(props: readonly object[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const prop of propsOf(props)) {
    if (prop.type === "$.interface.timer") values[prop.name] = timerDefault(prop.default);
    else if (prop.default !== undefined && needsInput(prop)) values[prop.name] = prop.default;
  }
  return values;
}

function timerDefault(given: unknown): unknown {
  return typeof given === "object" && given !== null ? given : { intervalSeconds: 900 };
}

export interface Choice {
  label: string;
  value: unknown;
}

export function choicesOf(prop: ComponentProp): Choice[] | null {
  const options = prop.options ?? [];
  if (options.length === 0) return null;
  return options.map((option) =>
    typeof option === "object"
      ? { label: option.label ?? JSON.stringify(option.value), value: option.value }
      : { label: String(option), value: option },
  );
}

export function labelOf(prop: ComponentProp): string {
  if (prop.label !== undefined) return prop.label;
  const words = prop.name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
