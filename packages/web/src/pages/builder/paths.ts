import type { StepDraft, WorkflowDraft } from "./draft.ts";

/** Paths that an expression in a step may read: the trigger's, and those of the steps before it. */
export function pathsUpTo(draft: WorkflowDraft, key: string): string[] {
  const before: string[] = [];
  collect(draft.steps, key, before);
  const exports = before.map((namespace) => `steps.${namespace}.$return_value`);
  return [
    "steps.trigger.event",
    "steps.trigger.event.body",
    "steps.trigger.event.query",
    "steps.trigger.context",
    ...exports,
  ];
}

/** True once the step was met. */
function collect(steps: readonly StepDraft[], key: string, before: string[]): boolean {
  for (const step of steps) {
    if (step.key === key) return true;
    before.push(step.namespace);
    if (step.kind === "code") continue;
    const lists = [...step.branches.map((branch) => branch.steps), step.otherwise ?? []];
    if (lists.some((list) => collect(list, key, before))) return true;
  }
  return false;
}
