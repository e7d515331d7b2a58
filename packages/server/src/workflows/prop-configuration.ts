import type { ConfigurableProp, Deployment, InvocationError, Json, JsonObject, Observation } from "@millrace/runner";
import { ApiError, invalidInput, newKsuid } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Components } from "../registry/index.ts";
import { checkProps, isRecord } from "../sources/index.ts";
import {
  CONFIGURING_MEMORY_MB,
  CONFIGURING_TIMEOUT_MS,
  DynamicProps,
  type DynamicPropsOptions,
  type FoundProps,
  type ReloadingComponent,
} from "./dynamic-props.ts";

export interface PropConfigurationOptions extends DynamicPropsOptions {
  db: Database;
  components: Pick<Components, "prepare" | "lookUp" | "bundleOf">;
}

/** A component and the values that were given so far. */
export interface ConfiguredComponent {
  readonly orgId: string;
  /** Id or key; else there is `code`. */
  readonly idOrKey: string | undefined;
  readonly version: string | undefined;
  readonly code: string | undefined;
  readonly props: JsonObject;
}

export interface OptionsRequest {
  readonly propName: string;
  readonly page: number;
  readonly prevContext: JsonObject;
  readonly query: string | undefined;
}

export interface PropOptions {
  readonly options: readonly { label: string; value: Json }[];
  readonly context: JsonObject | null;
  readonly error: InvocationError | null;
  readonly logs: readonly Observation[];
}

interface Code extends ReloadingComponent {
  readonly codeHash: string;
}

/** What a component says while somebody fills in its props: options of one, and the props that the values lead to. */
export class PropConfiguration {
  readonly #options: PropConfigurationOptions;
  readonly #dynamicProps: DynamicProps;

  constructor(options: PropConfigurationOptions) {
    this.#options = options;
    this.#dynamicProps = new DynamicProps(options);
  }

  /**
   * All props for these values. A failure of the component's code is in the answer, with the props that are known.
   * @throws ApiError 404 for a component, 400 for an account, 422 for code that cannot be a component
   */
  async reload(configured: ConfiguredComponent): Promise<FoundProps> {
    const code = await this.#codeOf(configured);
    const { definition } = code;
    await this.#checkAccounts(code, definition.configurableProps, configured);
    if (!definition.hasAdditionalProps) return { props: definition.configurableProps, error: null, logs: [] };
    return this.#find(code, configured);
  }

  /**
   * One page of the options of a prop, which may be one that `additionalProps` made.
   * @throws ApiError like `reload`, and 400 for a prop that there is not
   */
  async listOptions(configured: ConfiguredComponent, request: OptionsRequest): Promise<PropOptions> {
    const code = await this.#codeOf(configured);
    const { definition } = code;
    const isOwn = definition.configurableProps.some(({ name }) => name === request.propName);
    if (!isOwn && !definition.hasAdditionalProps) throw unknownProp(request.propName);
    await this.#checkAccounts(code, definition.configurableProps, configured);
    if (isOwn) return this.#ask(code, { configured, request, known: definition.configurableProps });
    const { props: known, error, logs } = await this.#find(code, configured);
    if (error) return { options: [], context: null, error, logs };
    if (!known.some(({ name }) => name === request.propName)) throw unknownProp(request.propName);
    const answer = await this.#ask(code, { configured, request, known });
    return { ...answer, logs: [...logs, ...answer.logs] };
  }

  async #find(code: Code, configured: ConfiguredComponent): Promise<FoundProps> {
    const found = await this.#dynamicProps.find(
      await deploymentOf(code, configured.orgId),
      code.definition.configurableProps,
      configured.props,
    );
    assertRan(found.error);
    await this.#checkAccounts(code, found.props, configured);
    return found;
  }

  async #ask(
    code: Code,
    asked: { configured: ConfiguredComponent; request: OptionsRequest; known: readonly ConfigurableProp[] },
  ): Promise<PropOptions> {
    const { configured, request, known } = asked;
    const { orgId, props } = configured;
    const { propName, page, prevContext, query } = request;
    const own = new Set(code.definition.configurableProps.map(({ name }) => name));
    const { error, logs, returnValue } = await this.#options.runner.invoke(await deploymentOf(code, orgId), {
      ...{ kind: "options", id: newKsuid(Date.now()), propName, page, prevContext, props },
      ...(query !== undefined && { query }),
      auths: await this.#dynamicProps.authsOf(orgId, known, props),
      dynamicProps: known.filter(({ name }) => !own.has(name)),
      ...{ endpoints: {}, db: {}, timeoutMs: CONFIGURING_TIMEOUT_MS },
    });
    assertRan(error);
    const answer: unknown = JSON.parse(returnValue ?? "{}");
    const { options, context } = isRecord(answer) ? answer : {};
    return {
      options: Array.isArray(options) ? options.map(optionOf) : [],
      context: isRecord(context) ? context : null,
      ...{ error, logs },
    };
  }

  async #codeOf({ orgId, idOrKey, version, code }: ConfiguredComponent): Promise<Code> {
    if (code !== undefined) return this.#options.components.prepare(orgId, { code });
    if (idOrKey === undefined) throw invalidInput([{ path: "id", message: "is required, or component_code" }]);
    const component = await this.#options.components.lookUp([orgId], { idOrKey, version });
    if (component.lang !== "nodejs")
      throw invalidInput([{ path: "id", message: "names a script, which has no props" }]);
    return { ...component, bundle: () => this.#options.components.bundleOf(component) };
  }

  /** Accounts of others are unknown here, and code gets those of the apps that its props name only. */
  async #checkAccounts(
    code: Code,
    known: readonly ConfigurableProp[],
    { orgId, props }: ConfiguredComponent,
  ): Promise<void> {
    const given = Object.fromEntries(Object.entries(props).filter(([, value]) => value !== null));
    const definition = known.filter(({ type, name }) => type === "app" && Object.hasOwn(given, name));
    const bundleText = async () => (await code.bundle()).code;
    const { problems } = await checkProps(this.#options.db, { orgId, definition, given, bundleText });
    if (problems.length > 0) throw invalidInput([...problems]);
  }
}

/** One process for each code of a workspace, kept for a while: whoever asks for one page soon asks for the next. */
async function deploymentOf(code: Code, orgId: string): Promise<Deployment> {
  const id = `configure:${orgId}:${code.codeHash}`;
  return { id, orgId, bundle: await code.bundle(), memoryMb: CONFIGURING_MEMORY_MB, env: {} };
}

/** Faults of the sandbox are ours, and worth another try. */
function assertRan(error: InvocationError | null): void {
  if (error?.code === "UNAVAILABLE") throw new ApiError("unavailable", error.message, { retryAfterSeconds: 1 });
}

function optionOf(option: Json): { label: string; value: Json } {
  if (!isRecord(option)) return { label: textOf(option), value: option };
  const value = option["value"] ?? null;
  return { label: textOf(option["label"] ?? value), value };
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function unknownProp(propName: string): ApiError {
  return invalidInput([{ path: "prop_name", message: `names no prop of the component: ${propName}` }]);
}
