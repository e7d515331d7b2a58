import { oauthScopes } from "@millrace/contract";

const KNOWN = new Set<string>(oauthScopes);

/** Names of a space-separated list, each once; null when one of them is unknown. */
export function parseScopes(text: string): string[] | null {
  const names = [...new Set(text.split(" ").filter((name) => name !== ""))];
  return names.every((name) => KNOWN.has(name)) ? names : null;
}

/**
 * Whether what was granted includes what is wanted: `*` is everything, `connect:*` everything that begins with `connect:`,
 * and who may write may read.
 */
export function scopesAllow(granted: readonly string[], wanted: string): boolean {
  return granted.some((scope) => {
    if (scope === wanted || scope === "*") return true;
    if (scope.endsWith(":*")) return wanted.startsWith(scope.slice(0, -1));
    return scope.endsWith("write") && wanted === scope.replace(/write$/, "read");
  });
}
