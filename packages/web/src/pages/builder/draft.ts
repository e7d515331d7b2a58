import type { CallReply } from "@millrace/client";

/** A step while it is edited. `key` is its identity on the page: namespaces change. */
export type StepDraft = CodeDraft | BlockDraft;

export interface CodeDraft {
  kind: "code";
  key: string;
  namespace: string;
  isDisabled: boolean;
  /** Own code with its language, or null for a component of the registry. */
  code: { lang: Lang; text: string } | null;
  component: { id: string; key: string | null; name: string; props: readonly object[] } | null;
  props: Readonly<Record<string, unknown>>;
  retry: object | null;
}

export interface Branch {
  slug: string;
  condition: string;
  steps: readonly StepDraft[];
}

export interface BlockDraft {
  kind: "if" | "switch" | "parallel" | "loop" | "end";
  key: string;
  namespace: string;
  isDisabled: boolean;
  branches: readonly Branch[];
  otherwise: readonly StepDraft[] | null;
  /** Of a loop: the list. Of an end: the reason. */
  text: string;
}

export type Lang = "nodejs24.x" | "python3.12" | "bash";

/** A trigger while it is edited. */
export interface TriggerDraft {
  key: string;
  id: string | null;
  type: "http" | "timer" | "email" | "source";
  /** Of a source: its id. */
  sourceId: string | null;
  props: Readonly<Record<string, unknown>>;
  /** What the server made of it: its URL, its address. */
  shown: Readonly<Record<string, unknown>> | null;
}

export interface WorkflowDraft {
  name: string;
  triggers: readonly TriggerDraft[];
  steps: readonly StepDraft[];
}

export type WorkflowReply = CallReply<"getWorkflow">;
type StepReply = WorkflowReply["steps"][number];

let lastKey = 0;

export function newKey(): string {
  lastKey += 1;
  return `k${lastKey}-${Math.random().toString(36).slice(2, 8)}`;
}

export function draftOf(workflow: WorkflowReply): WorkflowDraft {
  return {
    name: workflow.name,
    triggers: workflow.triggers.map((trigger) => triggerOf(trigger)),
    steps: workflow.steps.map(stepOf),
  };
}

function triggerOf(trigger: Readonly<Record<string, unknown>> & { id: string }): TriggerDraft {
  const common = { key: newKey(), id: trigger.id, sourceId: null, shown: trigger };
  if (trigger.id.startsWith("hi_")) {
    const { custom_response, authorization, body_only, static_response } = trigger;
    return { ...common, type: "http", props: present({ custom_response, authorization, body_only, static_response }) };
  }
  if (trigger.id.startsWith("ti_")) {
    const { interval_seconds, cron, timezone } = trigger;
    return { ...common, type: "timer", props: present({ interval_seconds, cron, timezone }) };
  }
  if (trigger.id.startsWith("ei_")) return { ...common, type: "email", props: {} };
  return { ...common, type: "source", sourceId: trigger.id, props: {} };
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

type BlockReply = Exclude<StepReply, { type: "CodeCell" }>;
interface BranchReply {
  slug: string;
  condition?: string | null;
  steps: unknown;
}

function stepOf(step: StepReply): StepDraft {
  if (step.type === "CodeCell" && "savedComponent" in step) return codeOf(step);
  const block = step as BlockReply;
  const kind = block.type as BlockDraft["kind"];
  const head = { kind, key: newKey(), namespace: block.namespace, isDisabled: block.disabled, text: textOf(block) };
  const single = { slug: "then", condition: block.condition ?? "", steps: inner(block.steps) };
  if (kind === "if") return { ...head, branches: [single], otherwise: otherwise(block.else) };
  if (kind === "loop") return { ...head, branches: [single], otherwise: null };
  if (kind === "switch") return { ...head, branches: branchesOf(block.cases), otherwise: otherwise(block.default) };
  return { ...head, branches: branchesOf(block.branches), otherwise: null };
}

function inner(list: unknown): StepDraft[] {
  return Array.isArray(list) ? (list as StepReply[]).map(stepOf) : [];
}

function otherwise(list: unknown): StepDraft[] | null {
  return Array.isArray(list) ? inner(list) : null;
}

function branchesOf(list: unknown): Branch[] {
  const branches = Array.isArray(list) ? (list as BranchReply[]) : [];
  return branches.map(({ slug, condition, steps }) => ({ slug, condition: condition ?? "", steps: inner(steps) }));
}

/** Of a loop: its list; of an end: its reason. */
function textOf(block: { over?: string; reason?: string | null }): string {
  return block.over ?? block.reason ?? "";
}

function codeOf(step: Extract<StepReply, { savedComponent: unknown }>): CodeDraft {
  const { savedComponent: saved, lang } = step;
  const props =
    step.configured_props_json === null ? {} : (JSON.parse(step.configured_props_json) as Record<string, unknown>);
  const isOwnCode = saved.key === null;
  return {
    kind: "code",
    key: newKey(),
    namespace: step.namespace,
    isDisabled: step.disabled,
    code: isOwnCode ? { lang: langOf(lang), text: saved.code } : null,
    component: isOwnCode
      ? null
      : { id: saved.id, key: saved.key, name: saved.key ?? saved.id, props: saved.configurableProps as object[] },
    props,
    retry: step.retry ?? null,
  };
}

function langOf(lang: string): Lang {
  if (lang.startsWith("python")) return "python3.12";
  return lang === "bash" ? "bash" : "nodejs24.x";
}
