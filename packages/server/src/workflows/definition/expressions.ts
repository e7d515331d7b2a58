import { compileFunction } from "node:vm";
import type { Json } from "@millrace/runner";
import { isRecord } from "../../sources/index.ts";
import type { Problems } from "./problems.ts";

const OPEN = "{{";
const CLOSE = "}}";
// Compiling costs: a text with more than this is checked when it runs.
const MAX_CHECKED_LENGTH = 4_000;
const MAX_CLOSINGS = 20;

/** Notes every `{{ … }}` in a value that is no JavaScript. Nothing is run. */
export function checkExpressions(value: Json, { path, problems }: { path: string; problems: Problems }): void {
  if (typeof value === "string") {
    const problem = value.includes(OPEN) ? templateProblem(value) : null;
    if (problem !== null) problems.add(path, problem);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkExpressions(item, { path: `${path}[${index}]`, problems });
  } else if (isRecord(value)) {
    for (const [name, item] of Object.entries(value)) checkExpressions(item, { path: `${path}.${name}`, problems });
  }
}

/** What is wrong with a whole text that should be one expression, with or without braces; null when nothing is. */
export function expressionProblem(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return "must be an expression";
  if (trimmed.startsWith(OPEN)) {
    const isClosed = trimmed.endsWith(CLOSE) && trimmed.slice(2, -2).trim() !== "";
    return isClosed ? templateProblem(trimmed) : "must be an expression";
  }
  const problem = trimmed.length > MAX_CHECKED_LENGTH ? null : syntaxProblem(trimmed);
  return problem === null ? null : `is no JavaScript expression: ${problem}`;
}

/** An expression ends at the first `}}` up to which it is JavaScript, as the runner reads it. */
function templateProblem(text: string): string | null {
  if (text.length > MAX_CHECKED_LENGTH || text.split(CLOSE).length > MAX_CLOSINGS) return null;
  for (let open = text.indexOf(OPEN); open !== -1;) {
    const found = endOfExpression(text, open + OPEN.length);
    if ("problem" in found) return `${found.source} is no JavaScript expression: ${found.problem}`;
    open = text.indexOf(OPEN, found.end);
  }
  return null;
}

function endOfExpression(text: string, start: number): { end: number } | { source: string; problem: string } {
  let first: { source: string; problem: string } | null = null;
  for (let close = text.indexOf(CLOSE, start); close !== -1; close = text.indexOf(CLOSE, close + 1)) {
    const source = text.slice(start, close);
    if (source.trim() === "") return { end: start };
    const problem = syntaxProblem(source);
    if (problem === null) return { end: close + CLOSE.length };
    first ??= { source: `${OPEN}${source}${CLOSE}`, problem };
  }
  return first ?? { end: start };
}

function syntaxProblem(source: string): string | null {
  try {
    compileFunction(`"use strict"; return [(${source}\n)]`, ["steps", "event", "process"]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
