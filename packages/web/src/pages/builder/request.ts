import type { StepDraft, TriggerDraft, WorkflowDraft } from "./draft.ts";

/** What the API takes for a draft. */
export function requestOf(draft: WorkflowDraft): { settings: { name: string }; triggers: object[]; steps: object[] } {
  return {
    settings: { name: draft.name },
    triggers: draft.triggers.map(triggerRequest),
    steps: draft.steps.map(stepRequest),
  };
}

function triggerRequest(trigger: TriggerDraft): object {
  const id = trigger.id === null ? {} : { id: trigger.id };
  if (trigger.type === "source")
    return { type: "source", ...(trigger.id === null ? { source_id: trigger.sourceId } : id) };
  if (trigger.type === "email") return { type: "email", ...id };
  return { type: trigger.type, ...id, props: trigger.props };
}

function stepRequest(step: StepDraft): object {
  const head = { namespace: step.namespace, ...(step.isDisabled && { disabled: true }) };
  const inner = (steps: readonly StepDraft[]): object[] => steps.map(stepRequest);
  switch (step.kind) {
    case "code":
      return {
        ...head,
        ...(step.code === null ? { component_id: step.component?.id } : { code: step.code.text, lang: step.code.lang }),
        ...(Object.keys(step.props).length > 0 && { props: step.props }),
        ...(step.retry !== null && { retry: step.retry }),
      };
    case "end":
      return { ...head, type: "end", ...(step.text !== "" && { reason: step.text }) };
    case "loop":
      return { ...head, type: "loop", over: step.text, steps: inner(step.branches[0]?.steps ?? []) };
    case "if": {
      const [branch] = step.branches;
      const rest = step.otherwise === null ? {} : { else: inner(step.otherwise) };
      return { ...head, type: "if", condition: branch?.condition ?? "", steps: inner(branch?.steps ?? []), ...rest };
    }
    case "switch": {
      const cases = step.branches.map((branch) => ({ ...branch, steps: inner(branch.steps) }));
      return { ...head, type: "switch", cases, ...(step.otherwise !== null && { default: inner(step.otherwise) }) };
    }
    case "parallel":
      return {
        ...head,
        type: "parallel",
        branches: step.branches.map(({ slug, condition, steps }) => ({
          slug,
          ...(condition !== "" && { condition }),
          steps: inner(steps),
        })),
      };
  }
}
