import { UsageError } from "../run/index.ts";

/** The arguments of commands that show the last of something, and what comes. */
export const pagingArgs = {
  number: { type: "string", alias: "n", description: "How many, up to 100", default: "10" },
  follow: { type: "boolean", alias: "f", description: "Go on with new ones until Ctrl+C", default: false },
} as const;

/** @throws UsageError */
export function limitOf(number: string): number {
  const limit = Number(number);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new UsageError("-n is a number from 1 to 100");
  return limit;
}
