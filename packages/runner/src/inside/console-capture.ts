import { format, inspect } from "node:util";
import { currentScope } from "./execution/index.ts";
import type { ErrorReporter } from "./execution/index.ts";

type Print = (...items: unknown[]) => unknown;

const METHODS = ["log", "info", "debug", "warn", "error", "trace"];

/**
 * Sends what user code prints to the log of the invocation that it runs for. What is printed outside any invocation
 * (while a module loads) goes where it always went.
 */
export function captureConsole(reporter: ErrorReporter): void {
  const { console } = globalThis;
  for (const method of METHODS) replacePrint(console, { method, log: (...items) => logItems(method, items, reporter) });
  replacePrint(console, {
    method: "dir",
    log: (item, options) => currentScope.getStore()?.log("console.dir", inspect(item, options ?? {})),
  });
  for (const [stream, kind] of [
    [process.stdout, "stdout"],
    [process.stderr, "stderr"],
  ] as const) {
    replacePrint(stream, { method: "write", log: (chunk, ...rest) => logChunk(kind, chunk, rest) });
  }
}

/** Within an invocation `log` takes the place of the method. */
function replacePrint(target: object, { method, log }: { method: string; log: Print }): void {
  const original = Reflect.get(target, method) as Print;
  Reflect.set(target, method, (...items: unknown[]): unknown =>
    currentScope.getStore() ? log(...items) : Reflect.apply(original, target, items),
  );
}

function logItems(method: string, items: readonly unknown[], reporter: ErrorReporter): void {
  const scope = currentScope.getStore();
  const k = `console.${method}`;
  const [only] = items;
  if (items.length === 1 && only instanceof Error) scope?.observe({ k, ts: Date.now(), err: reporter.describe(only) });
  else scope?.log(k, items.length === 1 && typeof only === "string" ? only : format(...items));
}

function logChunk(kind: string, chunk: unknown, rest: readonly unknown[]): boolean {
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
  currentScope.getStore()?.log(kind, text.replace(/\n$/, ""));
  const done = rest.at(-1);
  if (typeof done === "function") process.nextTick(() => Reflect.apply(done, undefined, []) as unknown);
  return true;
}
