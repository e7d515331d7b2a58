import assert from "node:assert/strict";
import type { ReceivedRequest } from "../../testing/index.ts";
import type { Told } from "./chaos-workflows.ts";

/** While a server dies and the next one starts: numbers of requests that had come by then. */
export interface Outage {
  readonly begin: number;
  readonly end: number;
}

/** A step that the API showed as recorded, and the number of requests that had come by then. */
export interface Shown {
  readonly run: string;
  readonly key: string;
  readonly attempt: number;
  readonly at: number;
}

interface Numbered extends Told {
  readonly at: number;
  readonly wasRefused: boolean;
}

const REFUSED_ONCE = "flaky";

/** Whether the receiver refuses it: each run's first. */
export function isRefused(request: ReceivedRequest, earlier: readonly ReceivedRequest[]): boolean {
  const { key, run } = JSON.parse(request.body) as Told;
  if (key !== REFUSED_ONCE) return false;
  return !earlier.some((one) => one !== request && one.body.includes(run) && isOf(one, key));
}

function isOf(request: ReceivedRequest, key: string): boolean {
  return (JSON.parse(request.body) as Told).key === key;
}

/**
 * Asserts by what steps told that nothing ran again whose record was acknowledged: neither a step that another one of the run
 * has seen done, nor an attempt that a later attempt followed, nor one that the API has shown as done; and that nothing ran
 * again but for a kill. Returns how many steps did.
 */
export function assertNoneAgain(
  requests: readonly ReceivedRequest[],
  how: { refused: ReadonlySet<ReceivedRequest>; outages: readonly Outage[]; shown: readonly Shown[] },
): number {
  const told = requests.map((request, at) => ({
    ...(JSON.parse(request.body) as Told),
    at,
    wasRefused: how.refused.has(request),
  }));
  let repeats = 0;
  const shown = Map.groupBy(how.shown, ({ run }) => run);
  for (const [run, steps] of Map.groupBy(told, (one) => one.run)) {
    assertSeenOnce(steps);
    for (const one of shown.get(run) ?? []) assertShownStays(steps, one);
    repeats += countRepeats(steps, how.outages);
  }
  return repeats;
}

const described = (steps: readonly Numbered[]): string =>
  steps.map(({ n, key, runs, at }) => `${at}: ${n} ${key} ${runs}`).join("; ");

function assertSeenOnce(steps: readonly Numbered[]): void {
  const done = new Map<string, number>();
  for (const step of steps) {
    const least = done.get(step.key) ?? 0;
    assert.ok(step.runs > least, `${step.key} ran again after it was recorded: ${described(steps)}`);
    for (const key of step.sees) done.set(key, Number.POSITIVE_INFINITY);
    done.set(step.key, Math.max(done.get(step.key) ?? 0, step.runs - 1));
  }
}

function assertShownStays(steps: readonly Numbered[], shown: Shown): void {
  const later = steps.filter(({ key, at }) => key === shown.key && at >= shown.at);
  assert.deepEqual(later, [], `${shown.key} ran again after the API showed it as done: ${described(steps)}`);
}

function countRepeats(steps: readonly Numbered[], outages: readonly Outage[]): number {
  let repeats = 0;
  for (const same of Map.groupBy(steps, ({ key, runs }) => `${key} ${runs}`).values()) {
    for (const [index, step] of same.entries()) {
      const before = same[index - 1];
      if (!before || before.wasRefused) continue;
      const wasKilled = outages.some(({ begin, end }) => begin <= step.at && end >= before.at);
      assert.ok(wasKilled, `${step.key} ran again without a kill: ${described(steps)}`);
      repeats++;
    }
  }
  return repeats;
}
