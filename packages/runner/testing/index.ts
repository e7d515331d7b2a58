/** Real runner hosts and ready-made deployments for tests. */
export { sourceCode, TestHost, type TestHostOptions } from "./test-host.ts";
export { exportsOf, messagesOf, ScriptHost } from "./script-host.ts";
