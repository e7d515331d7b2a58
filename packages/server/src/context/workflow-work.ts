import { createHmac } from "node:crypto";
import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Chore } from "../daemon/index.ts";
import type { Database } from "../db/index.ts";
import type { DeliveryHandler } from "../delivery/index.ts";
import { Mailer, type Egress } from "../egress/index.ts";
import { CallbackIngest } from "../ingest/http/index.ts";
import { Destinations, ErrorMails } from "../workflows/destinations/index.ts";
import {
  CallbackCalls,
  Engine,
  isOfBegunRun,
  RunCancellation,
  runChores,
  Runs,
  StepTests,
  WaitUrls,
  type StepCalls,
} from "../workflows/engine/index.ts";
import { DataStoreError, DataStores } from "../workflows/stores/index.ts";
import type { CodeWork } from "./code-work.ts";
import type { DefinitionWork } from "./definition-work.ts";
import type { EventWork } from "./event-work.ts";
import type { FileWork } from "./file-work.ts";
import type { Identity } from "./identity.ts";
import type { SourceWork } from "./source-work.ts";

export interface WorkflowWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  publicUrl: string;
  secretKey: Buffer;
  egress: Egress;
  identity: Identity;
  code: CodeWork;
  events: EventWork;
  files: FileWork;
  sources: SourceWork;
  definitions: DefinitionWork;
}

const CALLBACKS_EVERY_MS = 3_000;
const HOUR_MS = 3_600_000;

/** What runs workflows, and what they reach. */
export type WorkflowWork = ReturnType<typeof buildWorkflowWork>;

/** Builds the engine with its stores and destinations; starts nothing. */
export function buildWorkflowWork(options: WorkflowWorkOptions) {
  const { db, log, config, publicUrl, identity, events, code, sources, definitions } = options;
  const onError = (error: unknown): void => log.error({ err: error }, "an internal fault in the work of workflows");
  const outlets = buildOutlets(options, onError);
  const dataStores = new DataStores({ db });
  const signingKey = createHmac("sha256", options.secretKey).update("resume and cancel links v1").digest();
  const shared = { db, log: events.work.log, definitions: definitions.workflows, responders: sources.responders };
  const urls = new WaitUrls({ publicUrl, signingKey });
  const calls: StepCalls = {
    call: (from, method, params) => answerCall({ dataStores, files: options.files }, { from, method, params }),
  };
  const sandboxed = { accounts: identity.accounts, sandbox: code.runner, variables: definitions.envVars, calls };
  const stepTests = new StepTests({ db, drafts: definitions.workflows, ...sandboxed });
  const engine = new Engine({
    ...shared,
    ...sandboxed,
    ...{ urls, endpoints: sources.endpoints },
    ...{ destinations: outlets.destinations, errorMails: outlets.errorMails },
  });
  if (config.roles.includes("worker")) {
    const handle: DeliveryHandler = (delivery, signal) => engine.handleDelivery(delivery, signal);
    events.work.dispatcher.register("p_", events.work.quotas.gate(handle, isOfBegunRun));
  }
  const callbacks = new CallbackCalls({ ...shared, urls, onError });
  const runs = new Runs({ ...shared, cancellation: new RunCancellation(shared) });
  const urlCalls = new CallbackIngest({
    ...{ calls: callbacks, files: options.files.files, publicUrl, onError },
    bodyLimitBytes: config.limits.httpBodyBytes,
  });
  const chores: Chore[] = [
    ...runChores({ db, retentionMs: config.limits.retentionMs }),
    { name: "calls of resume URLs", everyMs: CALLBACKS_EVERY_MS, run: (nowMs) => callbacks.tick(nowMs) },
    { name: "expired records", everyMs: HOUR_MS, run: (nowMs) => dataStores.pruneExpired(nowMs) },
    ...options.files.chores,
    { name: "usage", everyMs: 24 * HOUR_MS, run: (nowMs) => identity.usage.prune(nowMs) },
    { name: "error mails", everyMs: HOUR_MS, run: (nowMs) => outlets.errorMails.prune(nowMs) },
  ];
  const stop = async (): Promise<void> => {
    engine.stop();
    callbacks.stop();
    await options.files.stop();
  };
  return { engine, callbacks, runs, stepTests, urlCalls, dataStores, chores, stop };
}

function buildOutlets({ db, config, egress, files }: WorkflowWorkOptions, onError: (error: unknown) => void) {
  const { smtpUrl, from } = config.mail;
  const mailer = smtpUrl === null ? null : new Mailer({ url: smtpUrl, from });
  const { s3Service } = files;
  const s3 = s3Service && { ...s3Service, reservedBucket: config.s3?.filesBucket ?? null };
  return {
    destinations: new Destinations({ db, egress, mailer, s3, onError }),
    errorMails: new ErrorMails({ db, mailer, onError }),
  };
}

type StepAnswer = Awaited<ReturnType<DataStores["handle"]>>;
type StepCall = Parameters<StepCalls["call"]>;

/** What code in a step asks for, within what the step may reach. */
async function answerCall(
  { dataStores, files }: { dataStores: DataStores; files: FileWork },
  call: { from: StepCall[0]; method: StepCall[1]; params: StepCall[2] },
): Promise<StepAnswer> {
  const { from, method, params } = call;
  const { orgId, projectId, step } = from;
  if (method.startsWith("files.")) return files.calls.handle({ scope: { orgId, projectId }, method, params });
  if (!method.startsWith("dataStore.")) {
    throw new DataStoreError("unknown_method", `${method} is not available here`);
  }
  return dataStores.handle({ orgId, allowedIds: Object.values(step.dataStores) }, method, params);
}
