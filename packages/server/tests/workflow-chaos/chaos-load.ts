import { setTimeout as delay } from "node:timers/promises";
import type { ApiCaller, SeededRandom } from "../../testing/instance/index.ts";
import type { DeployedKind } from "./chaos-workflows.ts";

const REQUEST_TIMEOUT_MS = 60_000;
const PAUSE_AFTER_FAILURE_MS = 50;

/** An event of the load, by the answer that its sender got. */
export interface Sent {
  readonly n: number;
  readonly kind: DeployedKind;
  /** Null: it cannot know. */
  readonly status: number | null;
  readonly body: string;
}

/** Senders in a closed loop, which start runs of all kinds until a number of events is accepted. */
export class ChaosLoad {
  readonly sent: Sent[] = [];
  accepted = 0;
  #next = 0;
  readonly #options: {
    api: ApiCaller;
    kinds: readonly DeployedKind[];
    random: SeededRandom;
    wanted: number;
    pauseMs: number;
  };

  constructor(options: {
    api: ApiCaller;
    kinds: readonly DeployedKind[];
    random: SeededRandom;
    wanted: number;
    pauseMs: number;
  }) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.accepted >= this.#options.wanted;
  }

  /** Resolves when enough events are accepted. */
  async run(senders: number): Promise<void> {
    await Promise.all(Array.from({ length: senders }, () => this.#sendUntilDone()));
  }

  async #sendUntilDone(): Promise<void> {
    const { kinds, random, pauseMs } = this.#options;
    while (!this.isDone) {
      const n = this.#next++;
      const kind = kinds[Math.floor(random.next() * kinds.length)];
      if (!kind) throw new Error("there are no workflows");
      const answer = await this.#send(kind, n);
      this.sent.push({ n, kind, ...answer });
      if (answer.status === 200) this.accepted++;
      await delay(answer.status === 200 ? pauseMs : PAUSE_AFTER_FAILURE_MS);
    }
  }

  async #send(kind: DeployedKind, n: number): Promise<{ status: number | null; body: string }> {
    const { api } = this.#options;
    try {
      if (kind.endpoint === null) {
        const reply = await api.call("POST", `/workflows/${kind.workflowId}/runs`, { event: { n } });
        return { status: reply.status, body: JSON.stringify(reply.body) };
      }
      const response = await fetch(kind.endpoint, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ n }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return { status: response.status, body: await response.text() };
    } catch {
      return { status: null, body: "" };
    }
  }
}
