import type {
  AppAuth,
  CodeBundle,
  ComponentDefinition,
  ConfigurableProp,
  Deployment,
  InvocationResult,
  JsonObject,
  RunnerHost,
} from "@millrace/runner";
import type { Accounts } from "../accounts/index.ts";
import { newKsuid } from "../core/index.ts";
import { accountsOf } from "../sources/index.ts";

export interface DynamicPropsOptions {
  runner: Pick<RunnerHost, "invoke" | "retire">;
  accounts: Pick<Accounts, "credentialsFor">;
}

/** A component whose props may depend on what is configured. */
export interface ReloadingComponent {
  readonly definition: ComponentDefinition;
  bundle(): Promise<CodeBundle>;
}

/** All props for some values. */
export interface FoundProps {
  /** Those that were found before it failed. */
  readonly props: readonly ConfigurableProp[];
  readonly error: InvocationResult["error"];
  readonly logs: InvocationResult["logs"];
}

export const CONFIGURING_TIMEOUT_MS = 15_000;
export const CONFIGURING_MEMORY_MB = 256;
/** Props that were added may ask for more. */
const MAX_ROUNDS = 3;

/** Finds out which props a component has beyond its own: those that its `additionalProps` makes of configured values. */
export class DynamicProps {
  readonly #options: DynamicPropsOptions;

  constructor(options: DynamicPropsOptions) {
    this.#options = options;
  }

  /**
   * All props for these values, the component's own included; null when `additionalProps` failed, which is no reason to
   * refuse the values: it often asks a service that may be away.
   * @throws ApiError `unavailable`
   */
  async resolve(
    component: ReloadingComponent,
    configured: { orgId: string; props: JsonObject },
  ): Promise<readonly ConfigurableProp[] | null> {
    const { orgId, props } = configured;
    const bundle = await component.bundle();
    const memoryMb = CONFIGURING_MEMORY_MB;
    const deployment = { id: `props:${newKsuid(Date.now())}`, orgId, bundle, memoryMb, env: {} };
    try {
      const found = await this.find(deployment, component.definition.configurableProps, props);
      return found.error ? null : found.props;
    } finally {
      this.#options.runner.retire(deployment.id);
    }
  }

  /** Runs `additionalProps` until no props are added; its failure is in the answer. @throws ApiError `unavailable` */
  async find(deployment: Deployment, own: readonly ConfigurableProp[], props: JsonObject): Promise<FoundProps> {
    const ownNames = new Set(own.map(({ name }) => name));
    const logs: FoundProps["logs"][number][] = [];
    let known = own;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const dynamicProps = known.filter(({ name }) => !ownNames.has(name));
      const auths = await this.authsOf(deployment.orgId, known, props);
      const result = await this.#options.runner.invoke(deployment, {
        ...{ kind: "additionalProps", id: newKsuid(Date.now()), props, dynamicProps, auths },
        ...{ timeoutMs: CONFIGURING_TIMEOUT_MS, endpoints: {}, db: {} },
      });
      logs.push(...result.logs);
      if (result.error || result.returnValue === null) return { props: known, error: result.error, logs };
      const found = (JSON.parse(result.returnValue) as { configurableProps: ConfigurableProp[] }).configurableProps;
      const isSettled =
        found.length === known.length && found.every(({ name }) => known.some((one) => one.name === name));
      known = found;
      if (isSettled || Object.keys(props).every((name) => found.some((prop) => prop.name === name))) break;
    }
    return { props: known, error: null, logs };
  }

  /** The credentials that these values name for app props. @throws ApiError `unavailable` */
  async authsOf(
    orgId: string,
    definition: readonly ConfigurableProp[],
    props: JsonObject,
  ): Promise<Record<string, AppAuth>> {
    const auths: Record<string, AppAuth> = {};
    for (const [prop, accountId] of accountsOf(definition, props)) {
      const auth = await this.#options.accounts.credentialsFor(orgId, accountId);
      if (auth) auths[prop] = auth;
    }
    return auths;
  }
}
