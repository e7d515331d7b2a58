import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadSecretKey, type Config } from "../config/index.ts";
import { DataDirLock } from "../db/index.ts";
import { DiskObjects, type ObjectStore } from "../objects/index.ts";
import { ArchiveReader, type ArchiveEntry } from "./archive-reader.ts";
import { BackupError } from "./backup-error.ts";
import { assertKnownSchema, DatabaseTarget } from "./database-target.ts";
import { damaged, type Manifest } from "./manifest.ts";
import { openOwn } from "./open-database.ts";
import { markUnfinished, removeMarker } from "./restore-marker.ts";

const PRIVATE_FILES = new Set(["secret.key", "node-name", "credentials.json"]);

export interface RestoreReport {
  rows: number;
  files: number;
  created_at_ms: number;
  millrace_version: string;
  files_in: Manifest["files"];
}

/**
 * Restores an archive into an empty data directory and an empty database. The rows come in one transaction, which is
 * committed when the archive has proved to be whole; until the end no server starts on the directory.
 * @throws BackupError, StartupError
 */
export async function restoreBackup(config: Config, path: string): Promise<RestoreReport> {
  const { reader, manifest } = await ArchiveReader.open(path);
  try {
    await assertKnownSchema(manifest);
    assertSameKey(config, manifest);
    const id = markUnfinished(config.dataDir);
    const lock = DataDirLock.acquire(config.dataDir);
    try {
      return await fill(config, { reader, manifest, id });
    } finally {
      lock.release();
    }
  } finally {
    reader.close();
  }
}

interface Filling {
  reader: ArchiveReader;
  manifest: Manifest;
  id: string;
}

async function fill(config: Config, { reader, manifest, id }: Filling): Promise<RestoreReport> {
  const database = await openOwn(config);
  try {
    const target = await DatabaseTarget.open(database.url, { manifest, id });
    try {
      const files = await unpack(config, { reader, target });
      const { end } = reader;
      const rows = target === null ? sumOf(end.rows) : await target.commit(end, id);
      removeMarker(config.dataDir);
      const { created_at_ms, millrace_version } = manifest;
      return { rows, files, created_at_ms, millrace_version, files_in: manifest.files };
    } finally {
      target?.close();
    }
  } finally {
    await database.close();
  }
}

/** Puts every entry in its place; answers how many stored files there were. */
async function unpack(
  config: Config,
  { reader, target }: { reader: ArchiveReader; target: DatabaseTarget | null },
): Promise<number> {
  const objects = new DiskObjects({ dir: join(config.dataDir, "files") });
  let files = 0;
  for await (const entry of reader.entries()) {
    const [folder, ...rest] = entry.name.split("/");
    const name = rest.join("/");
    if (folder === "tables") await (target === null ? skip(entry) : target.add(rest[0] ?? "", entry.bytes()));
    else if (folder === "files") files += await writeObject(objects, { key: name, entry });
    else if (folder === "private" && PRIVATE_FILES.has(name)) await writePrivate(config, { name, reader, entry });
    else throw damaged(`it has an entry "${entry.name}"`);
  }
  return files;
}

async function skip(entry: ArchiveEntry): Promise<void> {
  for await (const _chunk of entry.bytes());
}

async function writeObject(
  objects: ObjectStore,
  { key, entry }: { key: string; entry: ArchiveEntry },
): Promise<number> {
  const writer = await objects.write(key);
  for await (const chunk of entry.bytes()) await writer.append(chunk);
  await writer.finish();
  return 1;
}

async function writePrivate(
  { dataDir, secretKey }: Config,
  { name, reader, entry }: { name: string; reader: ArchiveReader; entry: ArchiveEntry },
): Promise<void> {
  const content = await reader.text(entry);
  // The operator keeps the key elsewhere, and goes on doing so.
  if (name === "secret.key" && secretKey !== null) return;
  await writeFile(join(dataDir, name), content, { mode: 0o600, flush: true });
}

function assertSameKey(config: Config, { key_fingerprint }: Manifest): void {
  if (config.secretKey === null || loadSecretKey(config).fingerprint === key_fingerprint) return;
  throw new BackupError(
    "wrong_key",
    "MILLRACE_SECRET_KEY is not the key of the instance that was backed up; leave it out (the backup has its key), or give that one.",
  );
}

function sumOf(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}
