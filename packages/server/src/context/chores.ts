import { Housekeeping, storageChores } from "../daemon/index.ts";
import type { Base, Parts } from "./parts.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

/** Starts what is done from time to time, by one node for all. */
export function startHousekeeping(
  { db, config, log }: Base,
  { identity, code, registry, workflows, workspaceRemoval }: Parts,
  stack: AsyncDisposableStack,
): void {
  const unusedPackages = {
    name: "unused dependency sets",
    everyMs: DAY_MS,
    run: (nowMs: number) => code.components.collectGarbage(nowMs),
  };
  const accounts = [
    { name: "connect links", everyMs: HOUR_MS, run: (nowMs: number) => identity.connections.links.prune(nowMs) },
    { name: "retired vault keys", everyMs: HOUR_MS, run: () => identity.keyRetirement.tick() },
    { name: "unused vault keys", everyMs: DAY_MS, run: (nowMs: number) => identity.keyRetirement.prune(nowMs) },
  ];
  const signingKeys = {
    name: "signing keys",
    everyMs: HOUR_MS,
    run: (nowMs: number) => identity.accessTokens.keepUp(nowMs),
  };
  const { auditRetentionMs } = config.access;
  const access = [
    ...identity.loginChores,
    { name: "audit log", everyMs: DAY_MS, run: (nowMs: number) => identity.audit.prune(nowMs - auditRetentionMs) },
    { name: "deleted workspaces", everyMs: 60_000, run: (nowMs: number) => workspaceRemoval.resume(nowMs) },
  ];
  const stored = storageChores({ db, retentionMs: config.limits.retentionMs });
  const housekeeping = new Housekeeping({
    chores: [...stored, unusedPackages, signingKeys, ...accounts, ...access, ...workflows.chores, ...registry.chores],
    onError: ({ name, error }) => log.warn({ err: error, chore: name }, "a chore failed; it is tried again"),
  });
  housekeeping.start();
  stack.defer(() => housekeeping.stop());
}
