import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FirstCredentials } from "../accounts/index.ts";

const FILE_NAME = "credentials.json";

/** Where the first start leaves its credentials. */
export function credentialsPath(dataDir: string): string {
  return join(dataDir, FILE_NAME);
}

/** Keeps the first start's credentials beside the addresses they are good for (0600), before they count. */
export async function keepCredentials(
  dataDir: string,
  details: { publicUrl: string; credentials: FirstCredentials },
): Promise<void> {
  const { publicUrl, credentials } = details;
  const content = { api_url: `${publicUrl}/v1`, dashboard_url: publicUrl, ...credentials };
  await writeAtomically(credentialsPath(dataDir), content);
}

/**
 * Corrects the addresses when the server has moved, and keeps the link to set the owner's password for as long as it is
 * needed. A file that somebody removed stays removed.
 */
export async function refreshCredentials(
  dataDir: string,
  { publicUrl, setupUrl }: { publicUrl: string; setupUrl: string | null },
): Promise<void> {
  const path = credentialsPath(dataDir);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return;
  const content: unknown = JSON.parse(text);
  if (typeof content !== "object" || content === null) return;
  const { setup_url: _former, ...kept } = content as Record<string, unknown>;
  const current = {
    ...{ ...kept, api_url: `${publicUrl}/v1`, dashboard_url: publicUrl },
    ...(setupUrl !== null && { setup_url: setupUrl }),
  };
  if (JSON.stringify(current) !== JSON.stringify(content)) await writeAtomically(path, current);
}

async function writeAtomically(path: string, content: object): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(draft, path);
}
