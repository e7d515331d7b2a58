import type { AppRow } from "../../../accounts/index.ts";

/** An app as replies show it. */
export function appOf(row: AppRow) {
  const { app_id, ...fields } = row;
  return { id: app_id, ...fields };
}
