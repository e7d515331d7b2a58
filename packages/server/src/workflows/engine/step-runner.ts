import type {
  AppAuth,
  EvaluateResult,
  InvocationError,
  InvocationListener,
  InvocationResult,
  JsonObject,
} from "@millrace/runner";
import { newKsuid } from "../../core/index.ts";
import type { CodeStep, LoadedVersion } from "../definition/index.ts";
import type { StepAccounts, StepSandbox, VariableValues } from "./ports.ts";

export interface StepRunnerOptions {
  sandbox: StepSandbox;
  accounts: StepAccounts;
  variables: VariableValues;
}

/** What a step is run with. */
export interface StepInput {
  readonly version: LoadedVersion;
  readonly step: CodeStep;
  /** JSON text of `steps`. */
  readonly steps: string;
  readonly context: JsonObject;
  /** Null: nothing can be paused, it is a test. */
  readonly flowUrls: { readonly resumeUrl: string; readonly cancelUrl: string } | null;
  readonly timeoutMs: number;
  readonly listener: InvocationListener;
}

/** Runs a workflow's code: gathers what it may see and hands it to the sandbox. */
export class StepRunner {
  readonly #options: StepRunnerOptions;

  constructor(options: StepRunnerOptions) {
    this.#options = options;
  }

  /** Runs a step once; failures of user code are in the result. @throws ApiError `unavailable` when the database is away */
  async invoke(input: StepInput): Promise<InvocationResult> {
    const { version, step } = input;
    const [auths, envVars] = await Promise.all([this.#auths(version.orgId, step), this.#variables(version)]);
    if ("missing" in auths) return failedResult(configurationError(auths.missing));
    return this.#options.sandbox.invoke(
      version.deployment,
      {
        kind: "step",
        id: newKsuid(Date.now()),
        module: step.namespace,
        lang: step.lang,
        ...(step.code !== null && { code: step.code }),
        steps: input.steps,
        context: input.context,
        envVars,
        isCodeStep: step.isCodeStep,
        flowUrls: input.flowUrls,
        isTest: input.flowUrls === null,
        props: step.props,
        auths: auths.found,
        endpoints: {},
        db: {},
        dynamicProps: step.dynamicProps,
        timeoutMs: input.timeoutMs,
      },
      input.listener,
    );
  }

  /**
   * Evaluates expressions of control flow.
   * @returns the error instead when there is one, of the sandbox or of the first expression that has one
   */
  async evaluate(
    expressions: readonly string[],
    of: { version: LoadedVersion; steps: string; timeoutMs: number },
  ): Promise<EvaluateResult[] | InvocationError> {
    const result = await this.#options.sandbox.invoke(of.version.deployment, {
      kind: "evaluate",
      id: newKsuid(Date.now()),
      expressions,
      steps: of.steps,
      envVars: await this.#variables(of.version),
      timeoutMs: of.timeoutMs,
    });
    return result.error ?? (JSON.parse(result.returnValue ?? "[]") as EvaluateResult[]);
  }

  #variables({ orgId, projectId }: LoadedVersion): Promise<Readonly<Record<string, string>>> {
    return this.#options.variables.valuesFor(orgId, projectId);
  }

  async #auths(orgId: string, step: CodeStep): Promise<{ found: Record<string, AppAuth> } | { missing: string }> {
    const found: Record<string, AppAuth> = {};
    for (const [propName, accountId] of Object.entries(step.accounts)) {
      const auth = await this.#options.accounts.credentialsFor(orgId, accountId);
      if (!auth) return { missing: `The account ${accountId} of the prop ${propName} does not exist any more` };
      found[propName] = auth;
    }
    return { found };
  }
}

export function configurationError(message: string): InvocationError {
  return { code: "CONFIGURATION_ERROR", name: "ConfigurationError", message };
}

/** The result of code that was not run. */
export function failedResult(error: InvocationError): InvocationResult {
  const nowMs = Date.now();
  return {
    error,
    returnValue: null,
    emits: [],
    logs: [],
    dbWrites: {},
    responded: false,
    hadEffect: false,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
  };
}
