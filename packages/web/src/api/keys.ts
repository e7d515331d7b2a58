import type { OperationId } from "@millrace/contract";

/** The cache's key of a read: the operation, then its input; so that a change can make all reads of an operation stale. */
export function keys(id: OperationId, input?: object): readonly unknown[] {
  return input === undefined ? [id] : [id, input];
}
