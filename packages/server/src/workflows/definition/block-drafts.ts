import type { DraftNode, StepDraft, StepReading } from "./drafts.ts";
import type { Branch } from "./loaded-version.ts";
import { expressionProblem } from "./expressions.ts";
import { Fields } from "./problems.ts";

interface BlockReading {
  readonly reading: StepReading;
  /** Reads the steps inside. */
  readSteps(list: readonly unknown[], place: { path: string; reading: StepReading }): DraftNode[];
}
interface BlockPlace extends BlockReading {
  readonly namespace: string;
}

const SLUG = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const MAX_BRANCHES = 100;
const HEAD_FIELDS = ["type", "namespace", "disabled"];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  if: ["condition", "steps", "else"],
  switch: ["cases", "default"],
  parallel: ["branches"],
  loop: ["over", "steps"],
  end: ["reason"],
};

/**
 * Reads a step of control flow, whose `type` says which:
 * `if` {condition, steps, else?}, `switch` {cases: [{slug, condition, steps}], default?},
 * `parallel` {branches: [{slug, condition?, steps}]}, `loop` {over, steps}, `end` {reason?}.
 */
export function readBlock(fields: Fields, place: BlockPlace): DraftNode | null {
  const { namespace, reading, readSteps } = place;
  const head = { namespace, disabled: fields.truth("disabled") ?? false };
  const inner = (name: string): DraftNode[] => innerSteps(fields, { name, reading, readSteps });
  const type: unknown = fields.raw("type");
  fields.refuseOthers([...HEAD_FIELDS, ...(FIELDS[String(type)] ?? [])]);
  switch (type) {
    case "if": {
      const branches = [{ slug: "then", condition: readExpression(fields, "condition"), steps: inner("steps") }];
      return { ...head, kind: "if", branches, otherwise: otherwise(fields, { name: "else", reading, readSteps }) };
    }
    case "switch": {
      const branches = readBranches(fields, { name: "cases", reading, readSteps, needsCondition: true });
      return {
        ...head,
        kind: "switch",
        branches,
        otherwise: otherwise(fields, { name: "default", reading, readSteps }),
      };
    }
    case "parallel":
      return {
        ...head,
        kind: "parallel",
        branches: readBranches(fields, { name: "branches", reading, readSteps, needsCondition: false }),
      };
    case "loop":
      return { ...head, kind: "loop", over: readExpression(fields, "over"), steps: inner("steps") };
    default:
      return { ...head, kind: "end", reason: fields.text("reason") ?? null };
  }
}

function innerSteps(fields: Fields, { name, reading, readSteps }: BlockReading & { name: string }): DraftNode[] {
  if (fields.raw(name) === undefined) fields.problem(name, "is required");
  const list = fields.list(name);
  if (!list) return [];
  return readSteps(list, { path: fields.pathOf(name), reading: { ...reading, depth: reading.depth + 1 } });
}

function otherwise(fields: Fields, part: BlockReading & { name: string }): DraftNode[] | null {
  return fields.raw(part.name) === undefined ? null : innerSteps(fields, part);
}

function readBranches(
  fields: Fields,
  { name, reading, readSteps, needsCondition }: BlockReading & { name: string; needsCondition: boolean },
): Branch<StepDraft>[] {
  const list = fields.list(name);
  if (!list || list.length === 0 || list.length > MAX_BRANCHES) {
    if (list || fields.raw(name) === undefined) fields.problem(name, `must have 1 to ${MAX_BRANCHES} branches`);
    return [];
  }
  const slugs = new Set<string>();
  return list.flatMap((item, index) => {
    const branch = Fields.of(item, { path: `${fields.pathOf(name)}[${index}]`, problems: reading.problems });
    if (!branch) return [];
    branch.refuseOthers(["slug", "condition", "steps"]);
    const slug = readSlug(branch, slugs);
    const isAlways = !needsCondition && branch.raw("condition") === undefined;
    const condition = isAlways ? null : readExpression(branch, "condition");
    return [{ slug, condition, steps: innerSteps(branch, { name: "steps", reading, readSteps }) }];
  });
}

function readSlug(branch: Fields, slugs: Set<string>): string {
  const slug = branch.raw("slug");
  if (typeof slug !== "string" || !SLUG.test(slug) || slug.length > 100) {
    branch.problem(
      "slug",
      slug === undefined ? "is required" : "must be letters, digits, _ and -, with a letter first",
    );
    return "";
  }
  if (slugs.has(slug)) branch.problem("slug", `"${slug}" is the slug of another branch already`);
  slugs.add(slug);
  return slug;
}

/** An expression, with or without braces around it; `true` and `false` stand for themselves. */
function readExpression(fields: Fields, name: string): string {
  const value = fields.raw(name);
  if (typeof value === "boolean") return String(value);
  if (value === undefined) {
    fields.problem(name, "is required");
    return "";
  }
  const text = fields.text(name, { maxLength: 10_000 });
  const problem = text === undefined ? null : expressionProblem(text);
  if (problem !== null) fields.problem(name, problem);
  return text ?? "";
}
