import type { EnvVarName } from "../../../workflows/index.ts";

/** Variables as replies show them: never a value. */
export function variablesOf(names: readonly EnvVarName[]) {
  return names.map(({ name, updatedAtMs }) => ({ name, updated_at: Math.floor(updatedAtMs / 1000) }));
}
