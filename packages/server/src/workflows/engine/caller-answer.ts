import type { HttpResponse } from "@millrace/runner";
import type { ClaimedDelivery } from "../../events/index.ts";
import { httpEmitterId, TRIGGER_CHANNEL, type Endpoints, type Responders } from "../../sources/index.ts";

export interface AnswerPorts {
  endpoints: Pick<Endpoints, "peek" | "find">;
  responders: Pick<Responders, "settle" | "settleHere">;
}

const HTTP_PREFIX = httpEmitterId("");

/** Whether somebody waits for the run's own answer. */
export async function awaitsAnswer({ endpoints }: AnswerPorts, delivery: ClaimedDelivery): Promise<boolean> {
  if (delivery.channel !== TRIGGER_CHANNEL || !delivery.emitterId.startsWith(HTTP_PREFIX)) return false;
  const key = delivery.emitterId.slice(HTTP_PREFIX.length);
  const nowMs = Date.now();
  const endpoint = endpoints.peek(key, nowMs) ?? (await endpoints.find(key, nowMs));
  return endpoint?.customResponse ?? false;
}

/** The answer of a run to the caller of its endpoint: the first `$.respond` counts, and it is sent when the run ends or pauses. */
export class CallerAnswer {
  readonly #responders: AnswerPorts["responders"];
  readonly #delivery: ClaimedDelivery;
  readonly #isAwaited: boolean;
  #held: HttpResponse | null;
  #isSettled = false;

  constructor(options: AnswerPorts & { delivery: ClaimedDelivery; isAwaited: boolean; held: HttpResponse | null }) {
    this.#responders = options.responders;
    this.#delivery = options.delivery;
    this.#isAwaited = options.isAwaited;
    this.#held = options.held;
  }

  respond(response: HttpResponse, { immediate }: { immediate: boolean }): void {
    if (!this.#isAwaited || this.#isSettled || this.#held) return;
    if (!immediate) {
      this.#held = response;
      return;
    }
    this.#isSettled = true;
    // When this fails the caller's wait ends at its deadline.
    this.#responders.settle(this.#delivery, { kind: "response", response }).catch(() => {});
  }

  /** The segment is over. */
  async finish(how: "ended" | "paused"): Promise<void> {
    if (!this.#isAwaited || this.#isSettled) return;
    this.#isSettled = true;
    const outcome = this.#held ? ({ kind: "response", response: this.#held } as const) : ({ kind: how } as const);
    await this.#responders.settle(this.#delivery, outcome).catch(() => {});
  }
}
