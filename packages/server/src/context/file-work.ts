import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Chore } from "../daemon/index.ts";
import type { Database } from "../db/index.ts";
import { Egress } from "../egress/index.ts";
import { UploadedFiles } from "../ingest/http/index.ts";
import { DiskObjects, S3Objects, type S3Service } from "../objects/index.ts";
import { FileCalls, FileStores } from "../workflows/files/index.ts";

export interface FileWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  publicUrl: string;
  secretKey: Buffer;
}

const UPLOADS_EVERY_MS = 5 * 60_000;
const STORES_EVERY_MS = 24 * 3_600_000;

/** Files: those that came with requests, and those of projects. */
export type FileWork = ReturnType<typeof buildFileWork>;

/** Builds what keeps files, on this node's disk or in S3; starts nothing. */
export function buildFileWork(options: FileWorkOptions) {
  const { db, log, config, publicUrl } = options;
  const s3Service = serviceOf(config);
  const bucket = config.s3?.filesBucket ?? null;
  const objects =
    s3Service && bucket !== null
      ? new S3Objects({ service: s3Service, bucket })
      : new DiskObjects({ dir: join(config.dataDir, "files") });
  const keyFor = (purpose: string): Buffer => createHmac("sha256", options.secretKey).update(purpose).digest();
  const files = new UploadedFiles({ objects, publicUrl, signingKey: keyFor("uploaded file links v1") });
  const stores = new FileStores({
    ...{ db, objects, publicUrl, limits: config.files },
    signingKey: keyFor("stored file links v1"),
  });
  const onError = (error: unknown): void => log.error({ err: error }, "the file store can not be reached");
  const calls = new FileCalls({ stores, onError });
  const chores: Chore[] = [
    { name: "uploaded files", everyMs: UPLOADS_EVERY_MS, run: (nowMs) => files.removeExpired(nowMs) },
    { name: "objects without a file", everyMs: STORES_EVERY_MS, run: (nowMs) => stores.removeAbandoned(nowMs) },
  ];
  const stop = async (): Promise<void> => {
    await calls.stop();
    await s3Service?.egress.stop();
  };
  return { s3Service, files, stores, calls, chores, stop };
}

function serviceOf({ s3, egressAllow }: Config): S3Service | null {
  if (!s3) return null;
  // The operator's own service may lie at a private address.
  const egress = new Egress({ rules: { allow: egressAllow, publicUrl: s3.endpoint } });
  return { ...s3, egress };
}
