/** What one invocation leaves behind, and how its errors are told. */
export { readEmitMetadata, readTime } from "./emit-metadata.ts";
export { currentScope, InvocationScope, refusalOf } from "./invocation-scope.ts";
export type { ScopeOutput } from "./invocation-scope.ts";
export { ErrorReporter, ProcessExit } from "./user-error.ts";
