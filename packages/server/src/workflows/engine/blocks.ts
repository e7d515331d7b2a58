import type { InvocationError } from "@millrace/runner";
import type { Branch, ChoiceBlock, EndStep, LoopBlock, ParallelBlock, StepNode } from "../definition/index.ts";
import { exportsText } from "./scope.ts";
import type { Frame, Segment, Walked } from "./segment.ts";

type Block = Exclude<StepNode, { kind: "step" }>;

/** A block at its place in a run. */
interface Place {
  readonly segment: Segment;
  readonly frame: Frame;
  readonly key: string;
}

// No slug of a branch looks like this.
const OTHERWISE = "$else";

/** Walks a block of control flow: decides once, for the whole run, which way it goes, then walks that. */
export async function walkBlock(segment: Segment, block: Block, frame: Frame): Promise<Walked> {
  const key = block.namespace + frame.suffix;
  const done = segment.options.recorded.step(key)?.latest;
  if (done?.status === "success") {
    if (block.kind === "end") return endRun(segment);
    frame.scope.add(block.namespace, exportsText(done));
    return { kind: "done", value: done.returnValue };
  }
  const place: Place = { segment, frame, key };
  if (block.kind === "end") return walkEnd(block, place);
  const startedAtMs = Date.now();
  const walked = await walkInside(block, place);
  if (walked.kind !== "done") return walked;
  // Steps after a block have the time of a segment of their own.
  frame.deadlineMs = Date.now() + segment.options.version.settings.timeoutMs;
  const row = await segment.record(
    segment.draft(block, {
      ...{ key, kind: "block", status: "success", returnValue: walked.value },
      ...{ startedAtMs, endedAtMs: Date.now() },
    }),
  );
  frame.scope.add(block.namespace, exportsText(row));
  return walked;
}

function walkInside(block: Exclude<Block, EndStep>, place: Place): Promise<Walked> {
  if (block.kind === "loop") return walkLoop(block, place);
  return block.kind === "parallel" ? walkParallel(block, place) : walkChoice(block, place);
}

async function walkChoice(block: ChoiceBlock, place: Place): Promise<Walked> {
  const slug = await decide(block, place, async () => {
    const taken = await takenBranches(block.branches, place);
    if ("error" in taken) return taken;
    return { decision: taken[0]?.slug ?? (block.otherwise ? OTHERWISE : null) };
  });
  if (slug === undefined) return { kind: "ended" };
  const branch = block.branches.find((one) => one.slug === slug);
  const nodes = branch?.steps ?? (slug === OTHERWISE ? block.otherwise : null);
  return nodes ? walkBranch(nodes, place) : { kind: "done", value: null };
}

async function walkParallel(block: ParallelBlock, place: Place): Promise<Walked> {
  const slugs = await decide(block, place, async () => {
    const taken = await takenBranches(block.branches, place);
    return "error" in taken ? taken : { decision: taken.map((branch) => branch.slug) };
  });
  if (!Array.isArray(slugs)) return { kind: "ended" };
  const branches = block.branches.filter((branch) => slugs.includes(branch.slug));
  const settled = await Promise.allSettled(branches.map((branch) => walkBranch(branch.steps, place)));
  const walked = settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  if (walked.some((one) => one.kind === "ended")) return { kind: "ended" };
  if (walked.some((one) => one.kind === "waiting")) return { kind: "waiting" };
  const values = walked.map((one, index) => {
    const value = one.kind === "done" ? one.value : null;
    return `${JSON.stringify(branches[index]?.slug)}:${value ?? "null"}`;
  });
  return { kind: "done", value: `{${values.join(",")}}` };
}

/** Inside a loop its own name shows the item and its index. */
async function walkLoop(block: LoopBlock, place: Place): Promise<Walked> {
  const items = await decide(block, place, async () => {
    const [evaluated] = await evaluate([block.over], place);
    if (!evaluated || "error" in evaluated) return { error: evaluated?.error ?? noValue() };
    if (Array.isArray(evaluated.value)) return { decision: evaluated.value };
    return { error: { code: "USER_ERROR", name: "TypeError", message: `${block.over} is not a list` } };
  });
  if (!Array.isArray(items)) return { kind: "ended" };
  const { segment, frame } = place;
  const part = { parent: frame.part };
  const values: string[] = [];
  for (const [index, item] of (items as unknown[]).entries()) {
    const suffix = frame.suffix + (frame.suffix === "" ? "#" : ".") + String(index);
    const inner = segment.newFrame({ scope: frame.scope, suffix, part });
    inner.scope.add(block.namespace, JSON.stringify({ item, index }));
    const walked = await segment.walkNodes(block.steps, inner);
    if (walked.kind !== "done") return walked;
    values.push(walked.value ?? "null");
  }
  return { kind: "done", value: `[${values.join(",")}]` };
}

async function walkEnd(block: EndStep, { segment, key }: Place): Promise<Walked> {
  const nowMs = Date.now();
  const exports = block.reason === null ? null : JSON.stringify({ $summary: block.reason });
  await segment.record(
    segment.draft(block, {
      ...{ key, kind: "block", status: "success", exports },
      ...{ startedAtMs: nowMs, endedAtMs: nowMs },
    }),
  );
  return endRun(segment);
}

function endRun(segment: Segment): Walked {
  segment.end({ status: "success", error: null });
  return { kind: "ended" };
}

function walkBranch(nodes: readonly StepNode[], { segment, frame }: Place): Promise<Walked> {
  return segment.walkNodes(nodes, segment.newFrame({ ...frame, part: { parent: frame.part } }));
}

type Decided = { readonly decision: unknown } | { readonly error: InvocationError };

/** What was decided before, or is decided now and recorded with the next step; undefined: that failed, and the run with it. */
async function decide(block: Block, place: Place, work: () => Promise<Decided>): Promise<unknown> {
  const { segment, key } = place;
  const known = segment.options.recorded.decision(key);
  if (known !== undefined) return JSON.parse(known) as unknown;
  const startedAtMs = Date.now();
  const decided = await work();
  const times = { startedAtMs, endedAtMs: Date.now() };
  if ("decision" in decided) {
    const returnValue = JSON.stringify(decided.decision);
    segment.journal.add(segment.draft(block, { key, kind: "decision", status: "success", returnValue, ...times }));
    return decided.decision;
  }
  const { error } = decided;
  segment.end({ status: "error", error: { ...error, step: block.namespace, cellId: block.namespace } });
  const draft = { key, kind: "block", status: "error", error: JSON.stringify(error), ...times } as const;
  await segment.record(segment.draft(block, draft));
  return undefined;
}

/** The branches whose conditions hold. An error counts only when no branch before it in a choice was taken. */
async function takenBranches(
  branches: readonly Branch[],
  place: Place,
): Promise<readonly Branch[] | { error: InvocationError }> {
  const conditions = branches.flatMap(({ condition }) => (condition === null ? [] : [condition]));
  const results = conditions.length === 0 ? [] : await evaluate(conditions, place);
  const taken: Branch[] = [];
  for (const branch of branches) {
    const result = branch.condition === null ? null : results.shift();
    if (result && "error" in result) return taken.length > 0 ? taken : { error: result.error };
    if (result === null || result?.isTruthy) taken.push(branch);
  }
  return taken;
}

type Evaluated = { value: unknown; isTruthy: boolean } | { error: InvocationError };

async function evaluate(expressions: readonly string[], { segment, frame }: Place): Promise<Evaluated[]> {
  const results = await segment.options.stepRunner.evaluate(expressions, {
    version: segment.options.version,
    steps: segment.stepsText(frame),
    timeoutMs: Math.max(1, frame.deadlineMs - Date.now()),
  });
  if (!Array.isArray(results)) return expressions.map(() => ({ error: results }));
  return results.map((one) => {
    if (!("error" in one)) return one;
    const { name, message } = one.error;
    return { error: { code: "CONFIGURATION_ERROR", name, message } };
  });
}

function noValue(): InvocationError {
  return { code: "PROTOCOL_ERROR", name: "Error", message: "The sandbox answered no value" };
}
