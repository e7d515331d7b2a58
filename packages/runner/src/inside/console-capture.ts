import { format, inspect } from "node:util";
import { currentScope } from "./execution/index.ts";
import type { ErrorReporter } from "./execution/index.ts";

const METHODS = ["log", "info", "debug", "warn", "error", "trace"] as const;

/**
 * Sends what user code prints to the log of the invocation that it runs for. What is printed outside any invocation
 * (while a module loads) goes where it always went.
 */
export function captureConsole(reporter: ErrorReporter): void {
  for (const method of METHODS) captureMethod(method, reporter);
  const dir = console.dir.bind(console);
  console.dir = (item?: unknown, options?: Parameters<typeof inspect>[1]) => {
    const scope = currentScope.getStore();
    if (scope) scope.log("console.dir", inspect(item, options));
    else dir(item, options);
  };
  captureStream(process.stdout, "stdout");
  captureStream(process.stderr, "stderr");
}

function captureMethod(method: (typeof METHODS)[number], reporter: ErrorReporter): void {
  const original = console[method].bind(console);
  const kind = `console.${method}`;
  console[method] = (...items: unknown[]) => {
    const scope = currentScope.getStore();
    if (!scope) return original(...items);
    const [only] = items;
    if (items.length === 1 && only instanceof Error) {
      scope.observe({ k: kind, ts: Date.now(), err: reporter.describe(only) });
    } else if (items.length === 1 && typeof only === "string") {
      scope.log(kind, only);
    } else {
      scope.log(kind, format(...items));
    }
  };
}

function captureStream(stream: NodeJS.WriteStream, kind: string): void {
  const original = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const capture = (chunk: unknown, ...rest: unknown[]): boolean => {
    const scope = currentScope.getStore();
    if (!scope) return original(chunk, ...rest);
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
    scope.log(kind, text.replace(/\n$/, ""));
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(() => Reflect.apply(done, undefined, []));
    return true;
  };
  stream.write = capture as typeof stream.write;
}
