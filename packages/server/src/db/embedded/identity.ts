import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { StartupError } from "../../core/index.ts";

/** A number no package or person uses: the server's files belong to nobody else. */
const PRIVATE_UID = 61_234;

/** As whom PostgreSQL runs. It refuses to run as root. */
export interface Identity {
  /** For the server; null: as we are. */
  runAs: { uid: number; gid: number } | null;
  /** For initdb, which wants a user that has an entry in /etc/passwd; null: as we are. */
  initAs: { uid: number; gid: number } | null;
  /** Put before initdb's own arguments where we have no entry in /etc/passwd ourselves. */
  initPrefix: readonly string[];
}

/** Chooses by who we are and who owns the cluster when there is one already. */
export function chooseIdentity(clusterDir: string): Identity {
  if (process.getuid?.() !== 0) return { runAs: null, initAs: null, initPrefix: hasPasswdEntry() ? [] : NAMED_PREFIX };
  const owner = ownerOf(clusterDir);
  const runAs = owner && owner.uid !== 0 ? owner : { uid: PRIVATE_UID, gid: PRIVATE_UID };
  return { runAs, initAs: namedUser(), initPrefix: [] };
}

// A user namespace of one: initdb sees itself as nobody, files still belong to us outside.
const NAMED_PREFIX = ["unshare", "--user", "--map-user=65534", "--map-group=65534"];

function hasPasswdEntry(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function ownerOf(path: string): { uid: number; gid: number } | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? { uid: stats.uid, gid: stats.gid } : null;
}

function namedUser(): { uid: number; gid: number } {
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map((fields) => ({ name: fields[0], uid: Number(fields[2]), gid: Number(fields[3]) }))
    .filter((user) => user.uid > 0);
  const user = users.find((candidate) => candidate.name === "nobody") ?? users[0];
  if (user) return { uid: user.uid, gid: user.gid };
  throw new StartupError(
    "embedded_database_failed",
    "The embedded PostgreSQL can not run as root and /etc/passwd names no other user; set DATABASE_URL instead",
  );
}
