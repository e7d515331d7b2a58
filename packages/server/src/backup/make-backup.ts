import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadSecretKey, type Config } from "../config/index.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { BackupError } from "./backup-error.ts";
import { KeptObjects } from "./kept-objects.ts";
import { FORMAT_VERSION, MANIFEST, type Manifest } from "./manifest.ts";
import { openExisting } from "./open-database.ts";
import { Snapshot } from "./snapshot.ts";

const MOMENTS = 10;

export interface BackupReport {
  path: string;
  size_bytes: number;
  rows: number;
  files: number;
  created_at_ms: number;
}

/**
 * Writes one archive of the instance that these settings are of, also while it serves: all tables as of one moment, the
 * stored files, and the keys. Whoever has the archive has every secret of the instance.
 * @throws BackupError, StartupError
 */
export async function makeBackup(
  config: Config,
  { path, version }: { path: string; version: string },
): Promise<BackupReport> {
  const secret = await secretOf(config);
  const database = await openExisting(config);
  try {
    const writer = await ArchiveWriter.create(path);
    try {
      return await write(writer, { config, path, version, secret, url: database.url });
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await database.close();
  }
}

interface Making {
  config: Config;
  path: string;
  version: string;
  url: string;
  secret: { text: string; fingerprint: string };
}

async function write(writer: ArchiveWriter, { config, path, version, secret, url }: Making): Promise<BackupReport> {
  const isOnDisk = config.s3?.filesBucket == null;
  const { snapshot, objects } = await moment(url, isOnDisk ? config.dataDir : null);
  try {
    const manifest: Manifest = {
      ...{ format: "millrace backup", format_version: FORMAT_VERSION, millrace_version: version },
      ...{ created_at_ms: Date.now(), key_fingerprint: secret.fingerprint },
      ...{ migrations: await snapshot.migrations(), tables: snapshot.tables, partitions: await snapshot.partitions() },
      files: isOnDisk ? "included" : "s3",
    };
    await writer.add(MANIFEST, Buffer.from(JSON.stringify(manifest)));
    await writer.add("private/secret.key", Buffer.from(`${secret.text}\n`));
    for (const name of ["node-name", "credentials.json"]) {
      const content = await readFile(join(config.dataDir, name)).catch(() => null);
      if (content !== null) await writer.add(`private/${name}`, content);
    }
    const rows = await writeTables(writer, snapshot);
    for (const key of objects?.keys ?? []) await writer.addFile(`files/${key}`, objects?.pathOf(key) ?? "");
    const sizeBytes = await writer.finish({ rows, sequences: await snapshot.sequences() });
    const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
    const facts = { rows: total, files: objects?.keys.length ?? 0, created_at_ms: manifest.created_at_ms };
    return { path, size_bytes: sizeBytes, ...facts };
  } finally {
    await snapshot.close();
    await objects?.release();
  }
}

async function writeTables(writer: ArchiveWriter, snapshot: Snapshot): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const table of snapshot.tables) {
    const parts = snapshot.copy(table);
    let number = 0;
    for (let part = await parts.next(); ; part = await parts.next()) {
      if (part.done === true) {
        rows[table.name] = part.value;
        break;
      }
      await writer.add(`tables/${table.name}/${number++}`, part.value);
    }
  }
  return rows;
}

/** A moment of the database with all of the objects that it refers to; one may be deleted while they are looked at. */
async function moment(
  url: string,
  dataDir: string | null,
): Promise<{ snapshot: Snapshot; objects: KeptObjects | null }> {
  for (let left = MOMENTS; ; left--) {
    const snapshot = await Snapshot.open(url);
    try {
      if (dataDir === null) return { snapshot, objects: null };
      const objects = await KeptObjects.keep(dataDir);
      const kept = new Set(objects.keys);
      // An object that stays away is lost, and the row with it is what is left to save.
      if (left === 0 || (await snapshot.objectKeys()).every((key) => kept.has(key))) return { snapshot, objects };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
    await snapshot.close();
  }
}

async function secretOf(config: Config): Promise<Making["secret"]> {
  const path = join(config.dataDir, "secret.key");
  if (config.secretKey === null && !existsSync(path)) {
    throw new BackupError(
      "no_instance",
      `There is no instance's key in ${config.dataDir}; give the settings of the server (MILLRACE_DATA_DIR, MILLRACE_SECRET_KEY).`,
    );
  }
  const text = config.secretKey ?? (await readFile(path, "utf8")).trim();
  return { text, fingerprint: loadSecretKey(config).fingerprint };
}
