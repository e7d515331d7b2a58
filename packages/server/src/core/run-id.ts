import { createHash } from "node:crypto";

const TIME_LENGTH = 5;
const HASH_LENGTH = 22;

/**
 * The id of the run that an emit starts of a workflow. It follows from both, so that a delivery that comes again finds
 * what is recorded; like all KSUIDs it begins with its time. `runIdSql` says the same.
 */
export function runIdOf({ emitId, workflowId }: { emitId: string; workflowId: string }): string {
  const hash = createHash("sha256").update(`${emitId} ${workflowId}`).digest("hex");
  return emitId.slice(0, TIME_LENGTH) + hash.slice(0, HASH_LENGTH);
}

/** The same as an SQL expression over two text expressions. */
export function runIdSql({ emitId, workflowId }: { emitId: string; workflowId: string }): string {
  const hash = `encode(sha256(convert_to(${emitId} || ' ' || ${workflowId}, 'UTF8')), 'hex')`;
  return `left(${emitId}, ${TIME_LENGTH}) || left(${hash}, ${HASH_LENGTH})`;
}
