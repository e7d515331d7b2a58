import { styleText } from "node:util";
import { MillraceError } from "@millrace/client";
import { UsageError } from "../run/index.ts";

/** A line, or several, on stdout. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Does a command's work. What went wrong is said on stderr: exit code 2 for a wrong call, else 1. */
export async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = messageOf(error);
    if (message === null) throw error;
    process.stderr.write(`${styleText("red", message, { stream: process.stderr })}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** What is to be said of an error, with what to do next; null for a fault of our own. */
function messageOf(error: unknown): string | null {
  if (error instanceof UsageError) return error.message;
  if (error instanceof MillraceError) {
    return error.status === 401 ? `${error.message}. Log in again with millrace login` : error.message;
  }
  // What `fetch` throws when nobody answers.
  const isUnreachable = error instanceof TypeError && error.message === "fetch failed";
  return isUnreachable ? `The server does not answer: ${String(error.cause)}. Is it started, and --url right?` : null;
}
