/** Evaluates `{{ … }}`: JavaScript that sees `steps`, `event` and `process.env`. */
export { evaluateList } from "./evaluate-list.ts";
export { evaluateProps } from "./evaluate-props.ts";
export { ExpressionScope } from "./expression-scope.ts";
