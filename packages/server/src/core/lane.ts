/** What a lane allows. */
export interface LaneLimits {
  /** Runs at once; null: any number. 1 keeps the strict order: nobody passes one that waits to be tried again. */
  readonly concurrency: number | null;
  /** Starts in a fixed window; `limit` 0 holds the lane. */
  readonly throttle: { readonly limit: number; readonly intervalMs: number } | null;
}

/** The window that counts at the moment: it begins with its first start. */
export interface LaneWindow {
  readonly beganAtMs: number;
  readonly starts: number;
}

export interface LaneState {
  readonly limits: LaneLimits;
  readonly window: LaneWindow;
  /** Deliveries of the lane that are held by any node. */
  readonly running: number;
  /** When each waiting delivery is due, in the order of the lane. */
  readonly waitingDueAtMs: readonly number[];
  /** At most so many: the slots that there are. */
  readonly room: number;
  readonly nowMs: number;
}

export interface LaneDecision {
  /** Places of those in `waitingDueAtMs` that start now. */
  readonly starting: readonly number[];
  /** The window once they have started. */
  readonly window: LaneWindow;
  /** When to look again though nothing happens; null: an end or an arrival says so. */
  readonly lookAgainAtMs: number | null;
  /** More would start if there were room. */
  readonly lacksRoom: boolean;
}

/** What of a lane starts now. The same rules on every node, whichever decides. */
export function decideLane(state: LaneState): LaneDecision {
  const { limits, nowMs } = state;
  const window = currentWindow(limits, state.window, nowMs);
  const due = dueInOrder(state);
  const places = limits.concurrency === null ? due.length : Math.max(0, limits.concurrency - state.running);
  const startsLeft = limits.throttle ? Math.max(0, limits.throttle.limit - window.starts) : due.length;
  const allowed = Math.min(due.length, places, startsLeft);
  const starting = due.slice(0, Math.max(0, Math.min(allowed, state.room)));
  const next = { beganAtMs: window.starts === 0 ? nowMs : window.beganAtMs, starts: window.starts + starting.length };
  return {
    starting,
    window: limits.throttle && starting.length > 0 ? next : state.window,
    lookAgainAtMs: lookAgainAtMs(state, {
      next,
      isThrottled: startsLeft < Math.min(due.length, places) || startsLeft === 0,
    }),
    lacksRoom: starting.length < allowed,
  };
}

/** A window that is over, or lies ahead since the clock was set back, counts no more. */
function currentWindow({ throttle }: LaneLimits, window: LaneWindow, nowMs: number): LaneWindow {
  const isOver = !throttle || nowMs >= window.beganAtMs + throttle.intervalMs || nowMs < window.beganAtMs;
  return isOver ? { beganAtMs: nowMs, starts: 0 } : window;
}

function dueInOrder({ limits, waitingDueAtMs, nowMs }: LaneState): number[] {
  if (limits.concurrency === 1) return (waitingDueAtMs[0] ?? Number.POSITIVE_INFINITY) <= nowMs ? [0] : [];
  return [...waitingDueAtMs.keys()].filter((place) => (waitingDueAtMs[place] ?? 0) <= nowMs);
}

function lookAgainAtMs(
  { limits: { concurrency, throttle }, waitingDueAtMs, nowMs }: LaneState,
  { next, isThrottled }: { next: LaneWindow; isThrottled: boolean },
): number | null {
  if (waitingDueAtMs.length === 0 || throttle?.limit === 0) return null;
  if (throttle && isThrottled) return next.beganAtMs + throttle.intervalMs;
  const ahead = (concurrency === 1 ? waitingDueAtMs.slice(0, 1) : waitingDueAtMs).filter((dueAtMs) => dueAtMs > nowMs);
  return ahead.length === 0 ? null : Math.min(...ahead);
}
