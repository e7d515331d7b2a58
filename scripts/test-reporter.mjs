// A line per file, failures in full, and a closing line that machines can read: `N passed, N failed[, N skipped]`.
import { relative } from "node:path";
import { inspect } from "node:util";
import { root } from "./setup.mjs";

const LONGEST_ERROR_LINES = 40;

function place(data) {
  return `${relative(root, data.file ?? "")}${data.line ? `:${data.line}` : ""}`;
}

function describeFailure(data) {
  const error = data.details?.error;
  const text = inspect(error?.cause ?? error, { depth: 4 });
  const lines = text.split("\n").filter((line) => !/\(node:internal|at .*node:internal/.test(line));
  const shown = lines.slice(0, LONGEST_ERROR_LINES).map((line) => `    ${line}`);
  return `FAILED ${data.name}\n  ${place(data)}\n${shown.join("\n")}\n\n`;
}

function closingLine(counts) {
  const failed = counts.failed + counts.cancelled;
  const notRun = counts.skipped + counts.todo;
  return `${counts.passed} passed, ${failed} failed${notRun > 0 ? `, ${notRun} skipped` : ""}\n`;
}

// A test that failed only because tests inside it did tells nothing new.
function isOnlyBecauseOfSubtests(data) {
  return data.details?.error?.failureType === "subtestsFailed";
}

function fileLine(data) {
  const { passed, failed, cancelled, skipped } = data.counts;
  const parts = [`${passed} passed`];
  if (failed + cancelled > 0) parts.push(`${failed + cancelled} failed`);
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return `${data.success ? "ok    " : "FAILED"} ${relative(root, data.file)}: ${parts.join(", ")} (${(data.duration_ms / 1000).toFixed(1)} s)\n`;
}

export default async function* report(source) {
  const failures = [];
  const skips = [];
  for await (const { type, data } of source) {
    if (type === "test:fail" && !isOnlyBecauseOfSubtests(data) && data.todo === undefined) {
      failures.push(`  ${data.name} (${place(data)})\n`);
      yield describeFailure(data);
    } else if (type === "test:pass" && data.skip !== undefined) {
      skips.push(`  ${data.name}${typeof data.skip === "string" ? `: ${data.skip}` : ""}\n`);
    } else if (type === "test:stderr") {
      yield data.message;
    } else if (type === "test:summary" && data.file) {
      yield fileLine(data);
    } else if (type === "test:summary") {
      if (skips.length > 0) yield `\nSkipped:\n${skips.join("")}`;
      if (failures.length > 0) yield `\nFailed:\n${failures.join("")}`;
      yield `\n${closingLine(data.counts)}`;
    }
  }
}
