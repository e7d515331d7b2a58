import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { StartupError } from "../../core/index.ts";
import { discardClient, openClient } from "../connection.ts";
import { SUPERUSER } from "./cluster.ts";
import type { Postmaster } from "./postmaster.ts";

const DATABASE = "millrace";
const POLL_MS = 15;
// Recovery after a crash may replay a gigabyte.
const READY_TIMEOUT_MS = 120_000;
const LOG_TAIL_BYTES = 2_000;

/** The address of a database of the server whose socket is in this directory. */
export function socketUrl(socketDir: string, database: string = DATABASE): string {
  return `postgresql://${SUPERUSER}@/${database}?host=${encodeURIComponent(socketDir)}`;
}

/** Whether a server answers questions within a time; makes our database when it is the first one to be asked. */
export async function answers(socketDir: string, timeoutMs: number): Promise<boolean> {
  const timeouts = { connectTimeoutMs: timeoutMs, queryTimeoutMs: 30_000 };
  try {
    const client = await openClient({ url: socketUrl(socketDir), ...timeouts });
    discardClient(client);
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "3D000")) return false;
  }
  const client = await openClient({ url: socketUrl(socketDir, "postgres"), ...timeouts });
  try {
    await client.query(`create database ${DATABASE}`);
  } finally {
    discardClient(client);
  }
  return true;
}

/** Waits until a server that was just started answers. @throws StartupError `embedded_database_failed` with its log's end. */
export async function awaitReady(options: {
  postmaster: Postmaster;
  socketDir: string;
  logFile: string;
}): Promise<void> {
  const untilMs = performance.now() + READY_TIMEOUT_MS;
  while (options.postmaster.isAlive && performance.now() < untilMs) {
    if (await answers(options.socketDir, 2_000)) return;
    await delay(POLL_MS);
  }
  const reason = logTail(options.logFile);
  throw new StartupError("embedded_database_failed", `The embedded PostgreSQL did not start: ${reason}`);
}

function logTail(logFile: string): string {
  const file = openSync(logFile, "r");
  try {
    const buffer = Buffer.alloc(LOG_TAIL_BYTES);
    const sizeBytes = readSync(file, buffer, 0, LOG_TAIL_BYTES, Math.max(0, fstatSync(file).size - LOG_TAIL_BYTES));
    const lines = buffer.toString("utf8", 0, sizeBytes).trim().split("\n");
    return lines.slice(-3).join(" | ");
  } finally {
    closeSync(file);
  }
}
