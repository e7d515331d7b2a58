import type { InvocationError, InvocationListener, InvocationResult } from "@millrace/runner";
import type { ClaimedDelivery, CommitUnit } from "../events/index.ts";
import type { LoadedSource } from "./loaded-source.ts";
import type { Responders, ResponderOutcome } from "./responders.ts";
import { newRunId, plainResult, resultUnit } from "./result-unit.ts";
import type { Invoked, SourceInvoker } from "./source-invoker.ts";
import type { SourceLoader } from "./source-loader.ts";
import { causeOf, httpEmitterId } from "./trigger.ts";
import { isUnstored, withoutTraces, type UnstoredEvents } from "./unstored-events.ts";

export interface SourceDeliveriesOptions {
  loader: SourceLoader;
  invoker: SourceInvoker;
  responders: Responders;
  unstored: UnstoredEvents;
}

const MAX_UNAVAILABLE_ATTEMPTS = 12;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/** Carries deliveries to sources: runs the code and says what is to be written down. */
export class SourceDeliveries {
  readonly #options: SourceDeliveriesOptions;

  constructor(options: SourceDeliveriesOptions) {
    this.#options = options;
  }

  /**
   * Runs a source for a delivery. User code that failed has had its turn; only work that never happened is tried again.
   * @throws ApiError `unavailable` when the database is away
   */
  async handle(delivery: ClaimedDelivery): Promise<CommitUnit> {
    const source = await this.#options.loader.load({ orgId: delivery.orgId, sourceId: delivery.listenerId });
    if (!source || source.state === "inactive") {
      this.#options.responders.settleHere(delivery.emitId, { kind: "ended" });
      return { claim: delivery };
    }
    const awaitsResponse = awaitsOwnResponse(source, delivery);
    const { runId, result } = await this.#run(source, { delivery, awaitsResponse });
    const attempt = delivery.attempts + 1;
    const retryInMs = result.error && !result.responded ? retryDelayMs(result.error, { result, attempt }) : null;
    if (retryInMs !== null) {
      const lastError = `${result.error?.code}: ${result.error?.message}`;
      return { claim: delivery, retry: { dueAtMs: Date.now() + retryInMs, lastError } };
    }
    if (awaitsResponse && !result.responded) await this.#options.responders.settle(delivery, outcomeOf(result));
    const cause = causeOf(delivery);
    if (!isUnstored(delivery)) {
      return resultUnit(result, { source, runId, cause, attempt, delivery, event: delivery.payload });
    }
    this.#options.unstored.forget(delivery);
    return withoutTraces(resultUnit(result, { source, runId, cause, attempt, delivery, event: null }));
  }

  async #run(source: LoadedSource, how: { delivery: ClaimedDelivery; awaitsResponse: boolean }): Promise<Invoked> {
    const { delivery, awaitsResponse } = how;
    if (!source.definition.hasRun) return emitAsIs(delivery);
    const listener: InvocationListener = {
      respond: (response) => {
        if (!awaitsResponse) return;
        // When this fails the caller's wait ends at its deadline.
        this.#options.responders.settle(delivery, { kind: "response", response }).catch(() => {});
      },
    };
    const call = { kind: "run" as const, event: delivery.payload, ...(awaitsResponse && { awaitsResponse }) };
    return this.#options.invoker.invoke(source, call, listener);
  }
}

/** A component without `run` emits its interface's events as they are. */
function emitAsIs(delivery: ClaimedDelivery): Invoked {
  const emits = causeOf(delivery) === "event" ? [] : [{ event: delivery.payload, channel: "" }];
  return { runId: newRunId(), result: plainResult({ emits }) };
}

function awaitsOwnResponse(source: LoadedSource, delivery: ClaimedDelivery): boolean {
  if (causeOf(delivery) !== "http") return false;
  return source.endpoints.some(
    ({ key, customResponse }) => customResponse && httpEmitterId(key) === delivery.emitterId,
  );
}

/** How long to wait before the work is tried again; null when it is not. */
function retryDelayMs(
  error: InvocationError,
  { result, attempt }: { result: InvocationResult; attempt: number },
): number | null {
  if (error.code === "INTERRUPTED") return !result.hadEffect && attempt === 1 ? 0 : null;
  if (error.code !== "UNAVAILABLE" || attempt >= MAX_UNAVAILABLE_ATTEMPTS) return null;
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
}

function outcomeOf(result: InvocationResult): ResponderOutcome {
  const code = result.error?.code;
  if (code === "TIMEOUT") return { kind: "timeout" };
  return { kind: code === undefined || code === "USER_ERROR" || code === "CONFIGURATION_ERROR" ? "ended" : "failed" };
}
