import type { TriggerDraft } from "./definition/index.ts";
import type { TriggerRow } from "./trigger-rows.ts";

/**
 * Which trigger of a workflow each draft goes on with, so that addresses stay when definitions are sent again: the one
 * of its id; else, in their order, one of its kind (of a source: the same one, or one of the same code).
 */
export function matchTriggers(
  drafts: readonly TriggerDraft[],
  { existing, codeHashes }: { existing: readonly TriggerRow[]; codeHashes: ReadonlyMap<TriggerDraft, string> },
): (TriggerRow | null)[] {
  const free = new Set(existing);
  const matched = drafts.map((draft) => {
    const id = draft.id ?? (draft.kind === "source" ? draft.sourceId : null) ?? undefined;
    const row = existing.find((one) => one.id === id && one.kind === draft.kind && free.has(one)) ?? null;
    if (row) free.delete(row);
    return row;
  });
  return drafts.map((draft, index) => {
    const known = matched[index] ?? null;
    if (known || draft.id !== undefined || (draft.kind === "source" && draft.sourceId !== null)) return known;
    const row = [...free].find((one) => continues(draft, { row: one, codeHash: codeHashes.get(draft) })) ?? null;
    if (row) free.delete(row);
    return row;
  });
}

function continues(draft: TriggerDraft, { row, codeHash }: { row: TriggerRow; codeHash: string | undefined }): boolean {
  if (draft.kind !== row.kind) return false;
  if (draft.kind !== "source" || row.kind !== "source") return true;
  return row.config !== null && row.config.codeHash === codeHash;
}
