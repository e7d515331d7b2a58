import type {
  AppAuth,
  HookInvocation,
  Invocation,
  InvocationListener,
  InvocationResult,
  RunInvocation,
  RunnerHost,
} from "@millrace/runner";
import type { Accounts } from "../accounts/index.ts";
import type { Database } from "../db/index.ts";
import { DB_TYPE } from "./configured-props.ts";
import type { Endpoints } from "./endpoints.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { newRunId, plainResult } from "./result-unit.ts";

export interface SourceInvokerOptions {
  db: Database;
  runner: Pick<RunnerHost, "invoke">;
  accounts: Pick<Accounts, "credentialsFor">;
  endpoints: Endpoints;
  timeoutMs: number;
}

export type HookName = HookInvocation["hook"];

/** An invocation's own part. */
export type InvocationCall =
  Pick<HookInvocation, "kind" | "hook"> | Pick<RunInvocation, "kind" | "event" | "awaitsResponse">;

/** What an invocation came to. */
export interface Invoked {
  readonly runId: string;
  readonly result: InvocationResult;
}

/** Runs a source's code: gathers what it needs to see, and hands it to the sandbox. */
export class SourceInvoker {
  readonly #options: SourceInvokerOptions;

  constructor(options: SourceInvokerOptions) {
    this.#options = options;
  }

  /** Invokes once; failures of user code are in the result. @throws ApiError `unavailable` when the database is away */
  async invoke(source: LoadedSource, call: InvocationCall, listener?: InvocationListener): Promise<Invoked> {
    const runId = newRunId();
    const [auths, db] = await Promise.all([this.#auths(source), this.#db(source)]);
    if ("missing" in auths) return { runId, result: accountMissing(auths.missing) };
    const invocation: Invocation = {
      ...call,
      id: runId,
      props: source.props,
      auths: auths.found,
      endpoints: this.#endpointUrls(source),
      db,
      timeoutMs: this.#options.timeoutMs,
    };
    return { runId, result: await this.#options.runner.invoke(source.deployment, invocation, listener) };
  }

  /** Runs a hook; one whose process died before it did anything is run once more. */
  async invokeHook(source: LoadedSource, hook: HookName): Promise<Invoked> {
    const first = await this.invoke(source, { kind: "hook", hook });
    const isLost = first.result.error?.code === "INTERRUPTED" && !first.result.hadEffect;
    return isLost ? this.invoke(source, { kind: "hook", hook }) : first;
  }

  async #auths(source: LoadedSource): Promise<{ found: Record<string, AppAuth> } | { missing: string }> {
    const found: Record<string, AppAuth> = {};
    for (const [propName, accountId] of source.accounts) {
      const auth = await this.#options.accounts.credentialsFor(source.orgId, accountId);
      if (!auth) return { missing: `The account ${accountId} of the prop ${propName} does not exist any more` };
      found[propName] = auth;
    }
    return { found };
  }

  /** The source's `$.service.db`; nothing is read for components without one. */
  async #db({ orgId, sourceId, definition }: LoadedSource): Promise<Record<string, string>> {
    if (!definition.configurableProps.some((prop) => prop.type === DB_TYPE)) return {};
    const { rows } = await this.#options.db.query<{ key: string; value: string }>(
      "select key, value from source_db where org_id = $1 and source_id = $2",
      [orgId, sourceId],
    );
    return Object.fromEntries(rows.map((row) => [row.key, row.value]));
  }

  #endpointUrls(source: LoadedSource): Record<string, string> {
    return Object.fromEntries(
      source.endpoints.map(({ propName, key }) => [propName, this.#options.endpoints.urlOf(key)]),
    );
  }
}

function accountMissing(message: string): InvocationResult {
  return plainResult({ error: { code: "CONFIGURATION_ERROR", name: "ConfigurationError", message } });
}
