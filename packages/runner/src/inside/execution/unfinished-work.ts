import { createHook, type HookCallbacks } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { currentScope } from "./invocation-scope.ts";

/** More timers than this of one step are not looked at. */
const MAX_TIMERS = 1_000;
/** Where a request begins, and where it has got its answer or failed; by `node:http` and by `fetch`. */
const REQUEST_STARTS = ["http.client.request.created", "undici:request:create"];
const REQUEST_ENDS = [
  "http.client.response.finish",
  "http.client.request.error",
  "undici:request:headers",
  "undici:request:error",
];

const ownerOf = new WeakMap<object, UnfinishedWork>();
let isWatching = false;

/** What one step has started that may go on after its end. */
export class UnfinishedWork {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #requests = new Set<object>();

  constructor() {
    if (!isWatching) watch();
    isWatching = true;
  }

  addTimer(timer: NodeJS.Timeout): void {
    if (this.#timers.length < MAX_TIMERS) this.#timers.push(timer);
  }
  addRequest(request: object): void {
    this.#requests.add(request);
    ownerOf.set(request, this);
  }
  removeRequest(request: object): void {
    this.#requests.delete(request);
  }

  /** What is still under way, in words; null when nothing is. */
  describe(callsInFlight: number): string | null {
    const timers = this.#timers.filter((timer) => isPending(timer)).length;
    const counts = [
      [timers, "timer"],
      [this.#requests.size, "HTTP request"],
      [callsInFlight, "call"],
    ] as const;
    const words = counts
      .filter(([count]) => count > 0)
      .map(([count, noun]) => `${count} ${noun}${count > 1 ? "s" : ""}`);
    return words.length === 0 ? null : words.join(", ");
  }
}

function isPending(timer: NodeJS.Timeout): boolean {
  return Reflect.get(timer, "_destroyed") === false && timer.hasRef();
}

/** Starts noticing timers and requests of whoever asks for it; promises are not looked at, which would be slow. */
function watch(): void {
  const callbacks: HookCallbacks & { trackPromises: boolean } = {
    trackPromises: false,
    init(...[, type, , resource]) {
      if (type === "Timeout") currentScope.getStore()?.unfinished?.addTimer(resource as NodeJS.Timeout);
    },
  };
  createHook(callbacks).enable();
  for (const channel of REQUEST_STARTS) {
    subscribe(channel, (message) => currentScope.getStore()?.unfinished?.addRequest(requestOf(message)));
  }
  for (const channel of REQUEST_ENDS) {
    subscribe(channel, (message) => {
      const request = requestOf(message);
      ownerOf.get(request)?.removeRequest(request);
    });
  }
}

function requestOf(message: unknown): object {
  return (message as { request: object }).request;
}
