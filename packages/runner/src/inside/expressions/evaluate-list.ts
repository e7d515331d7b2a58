import type { EvaluateInvocation, EvaluateResult } from "../../step.ts";
import { parseJson, toJson } from "../safe-json.ts";
import { ExpressionScope } from "./expression-scope.ts";
import { parseExpression } from "./template.ts";

/** Evaluates expressions of control flow, each on its own: one that fails does not keep others from their value. */
export function evaluateList({ expressions, steps, envVars }: EvaluateInvocation): EvaluateResult[] {
  const parsed = parseJson(steps);
  const scope = new ExpressionScope(() => parsed, envVars);
  return expressions.map((text) => evaluateOne(text, scope));
}

function evaluateOne(text: string, scope: ExpressionScope): EvaluateResult {
  try {
    const { value } = scope.evaluate(parseExpression(text));
    return { value: toJson(value) ?? null, isTruthy: Boolean(value) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    return { error: { name, message } };
  }
}
