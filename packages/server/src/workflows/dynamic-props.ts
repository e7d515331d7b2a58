import type {
  AppAuth,
  CodeBundle,
  ComponentDefinition,
  ConfigurableProp,
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

const TIMEOUT_MS = 15_000;
const MEMORY_MB = 256;
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
    const deployment = { id: `props:${newKsuid(Date.now())}`, orgId, bundle, memoryMb: MEMORY_MB, env: {} };
    let known: readonly ConfigurableProp[] = component.definition.configurableProps;
    const own = new Set(known.map(({ name }) => name));
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const dynamicProps = known.filter(({ name }) => !own.has(name));
        const { error, returnValue } = await this.#options.runner.invoke(deployment, {
          ...{ kind: "additionalProps", id: newKsuid(Date.now()), props, dynamicProps, timeoutMs: TIMEOUT_MS },
          ...{ auths: await this.#auths(orgId, accountsOf(known, props)), endpoints: {}, db: {} },
        });
        if (error || returnValue === null) return null;
        const found = (JSON.parse(returnValue) as { configurableProps: ConfigurableProp[] }).configurableProps;
        const isSettled =
          found.length === known.length && found.every(({ name }) => known.some((one) => one.name === name));
        known = found;
        if (isSettled || Object.keys(props).every((name) => found.some((prop) => prop.name === name))) break;
      }
      return known;
    } finally {
      this.#options.runner.retire(deployment.id);
    }
  }

  async #auths(orgId: string, accounts: ReadonlyMap<string, string>): Promise<Record<string, AppAuth>> {
    const auths: Record<string, AppAuth> = {};
    for (const [prop, accountId] of accounts) {
      const auth = await this.#options.accounts.credentialsFor(orgId, accountId);
      if (auth) auths[prop] = auth;
    }
    return auths;
  }
}
