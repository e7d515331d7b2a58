import type { EventSummaries, SummaryPage } from "../../../events/index.ts";

const DEFAULT_LIMIT = 100;

/** A page of the events of one channel of a workflow. @throws ApiError 400 for a bad cursor, 404 for an unknown workflow */
export async function workflowSummaries(
  summaries: EventSummaries,
  of: { orgIds: readonly string[]; workflowId: string; channel: string },
  page: { limit?: number; after?: string; before?: string; expand?: "event" },
): Promise<SummaryPage> {
  return summaries.list({
    orgId: await summaries.ownerOf(of.orgIds, of.workflowId),
    emitterId: of.workflowId,
    channel: of.channel,
    limit: page.limit ?? DEFAULT_LIMIT,
    after: page.after,
    before: page.before,
    isExpanded: page.expand === "event",
  });
}
