import { setTimeout as delay } from "node:timers/promises";
import type { CallReply, ListItem, MillraceClient } from "@millrace/client";
import { folderFiles, type FolderFiles } from "./folder-files.ts";
import { checkOut, gitPlaceOf } from "./git-checkout.ts";
import type { ProgressBar } from "./progress-bar.ts";

type Import = CallReply<"getRegistryImport">["data"];
type Item = ListItem<"listRegistryImportItems">;

export interface AddOptions {
  readonly client: MillraceClient;
  readonly bar: ProgressBar;
  /** `npm:<package>[@version]`, a GitHub address, `git+<url>`, or a folder of this machine. */
  readonly source: string;
  readonly scope: "workspace" | "instance";
  readonly orgId?: string | undefined;
}

/** How an import ended. */
export interface AddReport {
  readonly import: Import;
  /** What did not load, with reasons. */
  readonly failed: Item[];
}

const POLL_MS = 300;
const BATCH_CHARS = 1_000_000;
const BATCH_FILES = 500;

/**
 * Imports components and waits for the end. Called again after an interruption it goes on with the same import: the
 * server works on in the meantime.
 * @throws MillraceError, UsageError
 */
export async function addComponents(options: AddOptions): Promise<AddReport> {
  const started = await begin(options);
  const ended = await follow(options, started);
  const failed: Item[] = [];
  const wanted = { id: ended.id, outcome: "failed" } as const;
  for await (const item of options.client.items("listRegistryImportItems", wanted)) failed.push(item);
  return { import: ended, failed };
}

async function begin(options: AddOptions): Promise<Import> {
  const { source, bar } = options;
  if (source.startsWith("npm:")) return create(options, source);
  const place = gitPlaceOf(source);
  if (place === null) return upload(options, await folderFiles(source));
  bar.draw(`fetching ${place.url}`, { done: 0, total: null });
  await using checkout = await checkOut(place);
  return await upload(options, await folderFiles(checkout.folder));
}

async function create({ client, scope, orgId }: AddOptions, source: string): Promise<Import> {
  const input = { source, scope, ...(orgId !== undefined && { org_id: orgId }) };
  return (await client.call("createRegistryImport", input)).data;
}

async function upload(options: AddOptions, files: FolderFiles): Promise<Import> {
  const { client, bar } = options;
  const created = await create(options, `upload:${files.digest}`);
  const { id } = created;
  if (created.status !== "receiving") return created;
  let batch: { path: string; content: string }[] = [];
  let chars = 0;
  for (const [index, path] of files.paths.entries()) {
    const content = await files.read(path);
    batch.push({ path, content });
    chars += content.length;
    const isLast = index === files.paths.length - 1;
    if (!isLast && chars < BATCH_CHARS && batch.length < BATCH_FILES) continue;
    await client.call("addRegistryImportFiles", { id, files: batch });
    bar.draw("uploading files", { done: index + 1, total: files.paths.length });
    batch = [];
    chars = 0;
  }
  return (await client.call("startRegistryImport", { id })).data;
}

async function follow({ client, bar }: AddOptions, started: Import): Promise<Import> {
  for (let current = started; ; current = (await client.call("getRegistryImport", { id: started.id })).data) {
    const { loaded, unchanged, skipped, failed, total, status } = current;
    const label = status === "running" ? "components" : status;
    bar.draw(total === null ? "installing packages" : label, { done: loaded + unchanged + skipped + failed, total });
    if (status === "done" || status === "failed") return current;
    await delay(POLL_MS);
  }
}
