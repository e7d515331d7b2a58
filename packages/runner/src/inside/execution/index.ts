/** What one invocation leaves behind, and how its errors are told. */
export { currentScope, InvocationScope, refusalOf } from "./invocation-scope.ts";
export { LimitError } from "./limit-error.ts";
export { ScriptError } from "./script-error.ts";
export { ErrorReporter, ProcessExit } from "./user-error.ts";
export { UnfinishedWork } from "./unfinished-work.ts";
