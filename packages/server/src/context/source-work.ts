import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Database, NodeRegistration } from "../db/index.ts";
import type { ClaimedDelivery } from "../events/index.ts";
import { HttpIngest } from "../ingest/http/index.ts";
import { TimerIngest } from "../ingest/timer/index.ts";
import { Endpoints, Responders, Sources, Timers } from "../sources/index.ts";
import type { CodeWork } from "./code-work.ts";
import type { EventWork } from "./event-work.ts";
import type { FileWork } from "./file-work.ts";
import type { Identity } from "./identity.ts";

export interface SourceWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  node: NodeRegistration;
  publicUrl: string;
  secretKey: Buffer;
  identity: Identity;
  events: EventWork;
  code: CodeWork;
  files: Pick<FileWork, "files" | "stores">;
}

/** Sources and what triggers them. */
export type SourceWork = ReturnType<typeof buildSourceWork>;

/** Builds sources, their endpoints and their timers; starts nothing. */
export function buildSourceWork(options: SourceWorkOptions) {
  const { db, log, config, node, publicUrl, identity, events, code } = options;
  const onError = (error: unknown): void => log.error({ err: error }, "an internal fault in the work of sources");
  const endpoints = new Endpoints({ db, publicUrl, ingestDomain: config.ingestDomain });
  const responders = new Responders({ db });
  const sources = new Sources({
    ...{
      db,
      log: events.work.log,
      runner: code.runner,
      components: code.components,
      endpoints,
      responders,
      node,
      onError,
    },
    ...{ accounts: identity.accounts, vault: identity.vault, subscriptions: events.subscriptions },
    timeoutMs: config.limits.sourceTimeoutMs,
  });
  if (config.roles.includes("worker")) {
    const handle = (delivery: ClaimedDelivery) => sources.handleDelivery(delivery);
    events.work.dispatcher.register(
      "dc_",
      events.work.quotas.gate(handle, ({ attempts }) => attempts > 0),
    );
  }
  const http = new HttpIngest({
    ...{ log: events.work.log, endpoints, responders, publicUrl, onError, ...options.files },
    bodyLimitBytes: config.limits.httpBodyBytes,
    ratePerSecond: config.limits.endpointRatePerSecond,
    authenticate: identity.authenticate,
    responseTimeoutMs: config.limits.sourceTimeoutMs,
  });
  const timers = new TimerIngest({ db, log: events.work.log, timers: new Timers({ db }), onError });
  return { endpoints, responders, sources, http, timers };
}
