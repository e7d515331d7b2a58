import { currentScope, ProcessExit } from "./execution/index.ts";
import type { ErrorReporter, InvocationScope } from "./execution/index.ts";

export interface GuardOptions {
  readonly reporter: ErrorReporter;
  /** Ends one invocation with an error. */
  fail(scope: InvocationScope, thrown: unknown): void;
}

/** Ends the process for good; user code's `process.exit` does not. */
export type EndProcess = (exitCode: number) => never;

/**
 * Keeps one invocation from ending the process that it shares with others: exits throw, and errors that nobody
 * catches are put down to the invocation that they came from.
 */
export function guardProcess({ reporter, fail }: GuardOptions): EndProcess {
  const { reallyExit } = process as unknown as { reallyExit: EndProcess };
  const end: EndProcess = (exitCode) => Reflect.apply(reallyExit, process, [exitCode]);
  const refuse = (call: string) => (): never => {
    const exit = new ProcessExit(`The code called ${call}, which would end other runs too.`);
    const scope = currentScope.getStore();
    if (scope) fail(scope, exit);
    throw exit;
  };
  process.exit = refuse("process.exit()");
  process.abort = refuse("process.abort()");
  Object.defineProperty(process, "reallyExit", { value: refuse("process.reallyExit()"), writable: true });
  guardKill(refuse("process.kill() on itself"));
  const note = (scope: InvocationScope | undefined, thrown: unknown): void => {
    const err = reporter.describe(thrown);
    if (scope) scope.observe({ k: "error", ts: Date.now(), err });
    else process.stderr.write(`${err.stack ?? err.message}\n`);
  };
  process.on("uncaughtException", (error) => {
    const scope = currentScope.getStore();
    if (scope && !scope.isEnded) fail(scope, error);
    else note(scope, error);
  });
  process.on("unhandledRejection", (reason) => {
    note(currentScope.getStore(), reason);
  });
  return end;
}

/** Signals to child processes of the component stay possible. */
function guardKill(refuse: () => never): void {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    const isOwn = pid === process.pid || pid <= 0;
    return isOwn && signal !== 0 ? refuse() : kill(pid, signal);
  };
}

/** Takes a handle off the list that Node keeps of all of them. */
export function hideHandle(hidden: object): void {
  const list = Reflect.get(process, "_getActiveHandles") as () => unknown[];
  Reflect.set(process, "_getActiveHandles", () =>
    Reflect.apply(list, process, []).filter((handle) => handle !== hidden),
  );
}
