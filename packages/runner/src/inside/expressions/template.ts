import { compileFunction } from "node:vm";

/** One `{{ … }}`, compiled; throws what its code throws. */
export interface Expression {
  /** With its braces. */
  readonly text: string;
  evaluate(steps: unknown, event: unknown, process: unknown): unknown;
}
/** A text cut at its expressions. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
  /** Set when the text is nothing but one expression: then its value keeps its type. */
  readonly whole: Expression | null;
}

/** An expression that is no JavaScript. */
export class ExpressionSyntaxError extends SyntaxError {
  override name = "ExpressionSyntaxError";
  readonly code = "EXPRESSION_SYNTAX";
}

const OPEN = "{{";
const CLOSE = "}}";
const MAX_CACHED = 1_000;
const cache = new Map<string, Template>();

/**
 * Finds the expressions of a text. One ends at the first `}}` up to which it is an expression of JavaScript, which
 * leaves braces in its strings, templates, regular expressions and objects alone. Braces that are never closed, or are
 * empty, are text.
 * @throws ExpressionSyntaxError
 */
export function parseTemplate(text: string): Template {
  const known = cache.get(text);
  if (known) return known;
  const parsed = readTemplate(text);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

/** Reads the whole text as one expression, with or without braces around it. @throws ExpressionSyntaxError */
export function parseExpression(text: string): Expression {
  const trimmed = text.trim();
  if (trimmed.startsWith(OPEN)) {
    const { whole } = parseTemplate(trimmed);
    if (whole) return whole;
  }
  const compiled = compile(trimmed);
  if (compiled instanceof Error) throw syntaxError(trimmed, compiled);
  return { text: trimmed, evaluate: compiled };
}

function readTemplate(text: string): Template {
  const parts: (string | Expression)[] = [];
  let textStart = 0;
  let open = text.indexOf(OPEN);
  while (open !== -1) {
    const found = readExpression(text, open);
    if (found) {
      if (open > textStart) parts.push(text.slice(textStart, open));
      parts.push(found.expression);
      textStart = found.end;
    }
    open = text.indexOf(OPEN, found ? found.end : open + OPEN.length);
  }
  if (textStart < text.length) parts.push(text.slice(textStart));
  const expressions = parts.filter((part) => typeof part !== "string");
  const isAlone = parts.every((part) => typeof part !== "string" || part.trim() === "");
  return { parts, whole: expressions.length === 1 && isAlone ? (expressions[0] ?? null) : null };
}

function readExpression(text: string, open: number): { expression: Expression; end: number } | null {
  let firstError: { source: string; error: Error } | null = null;
  const start = open + OPEN.length;
  for (let close = text.indexOf(CLOSE, start); close !== -1; close = text.indexOf(CLOSE, close + 1)) {
    const source = text.slice(start, close);
    if (source.trim() === "") return null;
    const compiled = compile(source);
    const end = close + CLOSE.length;
    if (typeof compiled === "function") return { expression: { text: text.slice(open, end), evaluate: compiled }, end };
    firstError ??= { source, error: compiled };
  }
  if (!firstError) return null;
  throw syntaxError(`${OPEN}${firstError.source}${CLOSE}`, firstError.error);
}

function compile(source: string): Expression["evaluate"] | Error {
  try {
    // The list keeps a source from closing the parenthesis and going on as statements.
    const list = compileFunction(`"use strict"; return [(${source}\n)]`, ["steps", "event", "process"], {
      filename: "expression",
    }) as (steps: unknown, event: unknown, process: unknown) => unknown[];
    return (steps, event, process) => list(steps, event, process)[0];
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function syntaxError(text: string, cause: Error): ExpressionSyntaxError {
  return new ExpressionSyntaxError(`${text} is no JavaScript expression: ${cause.message}`, { cause });
}
