import type { Emit } from "./invocation.ts";

/**
 * Orders the emits of one invocation oldest to newest by `ts`; without `ts` the time of the call counts.
 * Stable: equal times keep the order of the calls. Whoever joins what several frames brought orders the whole again.
 */
export function orderEmits(emits: readonly Emit[]): Emit[] {
  return emits.toSorted((a, b) => timeOf(a) - timeOf(b));
}

function timeOf(emit: Emit): number {
  return emit.ts ?? emit.emittedAtMs ?? Number.MAX_SAFE_INTEGER;
}
