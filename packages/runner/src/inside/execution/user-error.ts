import type { InvocationError, Observation } from "../../invocation.ts";
import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { stringifyLenient } from "../safe-json.ts";
import { LimitError } from "./limit-error.ts";
import { ScriptError } from "./script-error.ts";

type DescribedError = NonNullable<Observation["err"]>;

/** By name: components bring copies of the class of their own. */
const CONFIGURATION_ERRORS = new Set(["ConfigurationError", "ExpressionError"]);
const MAX_CAUSES = 3;
const MAX_MESSAGE_CHARS = 64 * 1024;

/** Tells users about their errors in terms of their own code: our frames and directories do not show. */
export class ErrorReporter {
  readonly #ownFiles: RegExp;
  #baseDirs: readonly string[] = [];

  /** @param ownFile the file that this program runs from; as sources, everything beside and below it is ours. */
  constructor(ownFile: string) {
    const dir = escape(ownFile.slice(0, ownFile.lastIndexOf("/") + 1));
    this.#ownFiles = new RegExp(ownFile.endsWith(".ts") ? `(file://)?${dir}` : `(file://)?${dir}[^/]+:\\d+:\\d+\\)?$`);
  }

  /** Names the directories that user code seems to lie in: its own files are shown relative to them. */
  showRelativeTo(dirs: Iterable<string>): void {
    this.#baseDirs = [...dirs];
  }

  /** What an invocation ended with when user code threw `thrown`. */
  invocationError(thrown: unknown): InvocationError {
    if (isOurs(thrown, ProcessExit)) return { code: "EXITED", name: "Error", message: thrown.message };
    const described = this.describe(thrown);
    if (isOurs(thrown, LimitError)) {
      return { code: thrown.code, name: described.name, message: described.message };
    }
    if (isOurs(thrown, ScriptError) && thrown.code !== "USER_ERROR") return { code: thrown.code, ...described };
    if (!CONFIGURATION_ERRORS.has(described.name)) return { code: "USER_ERROR", ...described };
    const { stack, ...rest } = described;
    const isExposed = isObject(thrown) && thrown["exposeStack"] === true && stack !== undefined;
    return { code: "CONFIGURATION_ERROR", ...rest, ...(isExposed && { stack }) };
  }

  /** Name, message and cleaned stack of anything that can be thrown; never throws itself. */
  describe(thrown: unknown): DescribedError {
    try {
      return this.#describeUnsafely(thrown);
    } catch {
      return { name: "Error", message: "The code threw something that cannot be read." };
    }
  }

  #describeUnsafely(thrown: unknown): DescribedError {
    if (!isObject(thrown)) return { name: "Error", message: this.#clip(String(thrown)) };
    const { name, message, stack } = thrown;
    const text =
      typeof message === "string"
        ? message
        : (stringifyLenient(message ?? thrown) ?? "An object without a message was thrown.");
    return {
      name: typeof name === "string" && name !== "" ? this.#clip(name) : "Error",
      message: this.#clip(this.#shorten(text)),
      ...(typeof stack === "string" && stack !== "" && { stack: this.#clip(this.#wholeStack(thrown, 0)) }),
    };
  }

  /** With the causes below it: `fetch failed` alone helps nobody. */
  #wholeStack(error: UserObject, depth: number): string {
    const { stack, cause } = error;
    const own = this.cleanStack(String(stack));
    if (depth >= MAX_CAUSES || !isObject(cause) || typeof cause["stack"] !== "string") return own;
    return `${own}\nCaused by: ${this.#wholeStack(cause, depth + 1)}`;
  }

  /**
   * Removes our frames, and everything of Node's below the component's own last frame, which is how it was called;
   * shortens the paths of the component's own files.
   */
  cleanStack(stack: string): string {
    const lines = stack.split("\n").filter((line) => !isFrame(line) || !this.#ownFiles.test(line));
    const last = lines.findLastIndex((line) => !isFrame(line) || !/[( ]node:/.test(line));
    const hasUserFrame = isFrame(lines[last] ?? "");
    return this.#shorten((hasUserFrame ? lines.slice(0, last + 1) : lines).join("\n"));
  }

  #shorten(text: string): string {
    return this.#baseDirs.reduce(
      (short, dir) => short.replaceAll(`file://${dir}/`, "").replaceAll(`${dir}/`, ""),
      text,
    );
  }

  #clip(text: string): string {
    return text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS)}…` : text;
  }
}

/** User code wanted to end the process, which it shares with other invocations. */
export class ProcessExit extends Error {
  override name = "ProcessExit";
  readonly code = "EXITED";
}

/** Never throws, as `instanceof` does for some proxies. */
function isOurs<T extends Error>(thrown: unknown, kind: abstract new (...args: never[]) => T): thrown is T {
  try {
    return thrown instanceof kind;
  } catch {
    return false;
  }
}

function isFrame(line: string): boolean {
  return /^\s*at /.test(line);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
