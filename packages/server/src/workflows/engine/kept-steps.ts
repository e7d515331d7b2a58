import type { WorkflowStepRecord } from "../../events/index.ts";
import type { StepNode } from "../definition/index.ts";
import type { StepDraft } from "./journal.ts";

interface Found {
  /** Everything that comes before, in the order of the definition. */
  readonly before: Set<string>;
  /** The blocks around it, whose decisions lead to it. */
  readonly around: Set<string>;
}

/** What lies before a step of a version; null: there is no such step. A loop around it begins anew. */
export function stepsBefore(nodes: readonly StepNode[], namespace: string): Found | null {
  const found: Found = { before: new Set(), around: new Set() };
  return search(nodes, { namespace, found, isInLoop: false }) ? found : null;
}

interface Search {
  readonly namespace: string;
  readonly found: Found;
  readonly isInLoop: boolean;
}

function search(nodes: readonly StepNode[], at: Search): boolean {
  for (const node of nodes) {
    if (node.namespace === at.namespace) return true;
    const isInLoop = at.isInLoop || node.kind === "loop";
    for (const list of listsOf(node)) {
      if (!search(list, { ...at, isInLoop })) continue;
      if (!isInLoop) at.found.around.add(node.namespace);
      return true;
    }
    if (!at.isInLoop) at.found.before.add(node.namespace);
  }
  return false;
}

function listsOf(node: StepNode): readonly (readonly StepNode[])[] {
  switch (node.kind) {
    case "step":
    case "end":
      return [];
    case "loop":
      return [node.steps];
    case "parallel":
      return node.branches.map((branch) => branch.steps);
    case "if":
    case "switch":
      return [...node.branches.map((branch) => branch.steps), ...(node.otherwise ? [node.otherwise] : [])];
  }
}

/** The records of an earlier run that a replay from a step begins with. What they sent is not sent again. */
export function keptRecords(
  rows: readonly WorkflowStepRecord[],
  { found, runId }: { found: Found; runId: string },
): StepDraft[] {
  const latest = new Map<string, WorkflowStepRecord>();
  for (const row of rows) latest.set(`${row.kind === "decision" ? "decision" : "step"} ${row.key}`, row);
  const kept = [...latest.values()].filter(({ kind, namespace, status }) => {
    if (kind === "decision") return found.before.has(namespace) || found.around.has(namespace);
    return found.before.has(namespace) && (status === "success" || status === "skipped");
  });
  return kept.map(({ ordinal: _ordinal, ...row }) => ({ ...row, runId, sends: null, response: null }));
}
