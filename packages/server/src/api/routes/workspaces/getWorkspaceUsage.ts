import { usageOperations } from "@millrace/contract";
import type { Usage, UsageDay, Workspaces } from "../../../accounts/index.ts";
import { billingPeriod, invalidInput, usageDay } from "../../../core/index.ts";
import { route, type Route } from "../../route.ts";

const DAY_MS = 24 * 3_600_000;
const MAX_DAYS = 400;
const NOTHING = { credits: 0, compute_ms: 0, workflow_segments: 0, source_runs: 0 };

export function getWorkspaceUsage(services: { usage: Usage; workspaces: Workspaces }): Route {
  return route(usageOperations.getWorkspaceUsage, async (request) => {
    const { input } = request;
    const workspace = await services.workspaces.find(request.orgIds, input.workspace_id);
    const nowMs = Date.now();
    const from = input.from ?? usageDay(billingPeriod(nowMs).startMs);
    const to = input.to ?? usageDay(nowMs);
    const names = daysBetween(from, to);
    const known = new Map((await services.usage.days(workspace.org_id, { from, to })).map((one) => [one.day, one]));
    const days = names.map((day) => known.get(day) ?? { day, ...NOTHING });
    const quota = services.usage.quotaOf(workspace);
    const daily_credits_quota = quota === 0 ? null : quota;
    return { data: { from, to, daily_credits_quota, total: totalOf(days), days } };
  });
}

/** @throws ApiError 400 for days that there are not, and too many of them */
function daysBetween(from: string, to: string): string[] {
  const [fromMs, toMs] = [dayMs("from", from), dayMs("to", to)];
  const count = (toMs - fromMs) / DAY_MS + 1;
  if (count < 1) throw invalidInput([{ path: "to", message: "must not come before from" }]);
  if (count > MAX_DAYS) throw invalidInput([{ path: "from", message: `at most ${MAX_DAYS} days are shown` }]);
  return Array.from({ length: count }, (_, index) => usageDay(fromMs + index * DAY_MS));
}

function dayMs(path: string, day: string): number {
  const atMs = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(atMs) || usageDay(atMs) !== day) throw invalidInput([{ path, message: "is not a day" }]);
  return atMs;
}

function totalOf(days: readonly UsageDay[]) {
  const sum = { ...NOTHING };
  for (const day of days) {
    sum.credits += day.credits;
    sum.compute_ms += day.compute_ms;
    sum.workflow_segments += day.workflow_segments;
    sum.source_runs += day.source_runs;
  }
  return sum;
}
