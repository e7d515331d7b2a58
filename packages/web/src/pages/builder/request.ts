import type { BlockDraft, Branch, CodeDraft, StepDraft, TriggerDraft, WorkflowDraft } from "./draft.ts";

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
  return step.kind === "code" ? codeRequest(step) : blockRequest(step);
}

function headOf(step: StepDraft): object {
  return { namespace: step.namespace, ...(step.isDisabled && { disabled: true }) };
}

function codeRequest(step: CodeDraft): object {
  return {
    ...headOf(step),
    ...(step.code === null ? { component_id: step.component?.id } : { code: step.code.text, lang: step.code.lang }),
    ...(Object.keys(step.props).length > 0 && { props: step.props }),
    ...(step.retry !== null && { retry: step.retry }),
  };
}

function blockRequest(block: BlockDraft): object {
  const head = { ...headOf(block), type: block.kind };
  const [first] = block.branches;
  const steps = inner(first?.steps ?? []);
  const otherwise = block.otherwise && inner(block.otherwise);
  switch (block.kind) {
    case "end":
      return { ...head, ...(block.text !== "" && { reason: block.text }) };
    case "loop":
      return { ...head, over: block.text, steps };
    case "if":
      return { ...head, condition: first?.condition ?? "", steps, ...(otherwise && { else: otherwise }) };
    case "switch":
      return { ...head, cases: block.branches.map(branchRequest), ...(otherwise && { default: otherwise }) };
    case "parallel":
      return { ...head, branches: block.branches.map(branchRequest) };
  }
}

function branchRequest({ slug, condition, steps }: Branch): object {
  return { slug, ...(condition !== "" && { condition }), steps: inner(steps) };
}

function inner(steps: readonly StepDraft[]): object[] {
  return steps.map(stepRequest);
}
