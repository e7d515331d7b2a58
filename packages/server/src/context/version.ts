import { readFile } from "node:fs/promises";

const PACKAGE = new URL("../../package.json", import.meta.url);

/** The version of this server. */
export async function versionOfMillrace(): Promise<string> {
  const content: unknown = JSON.parse(await readFile(PACKAGE, "utf8"));
  const isKnown = typeof content === "object" && content !== null && "version" in content;
  return isKnown ? String(content.version) : "unknown";
}
