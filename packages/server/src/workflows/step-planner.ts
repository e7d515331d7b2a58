import type { CodeBundle, ComponentDefinition, ConfigurableProp, JsonObject } from "@millrace/runner";
import type { Apps } from "../accounts/index.ts";
import { ApiError, newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { SCRIPT_DEFINITION, type ComponentRecord, type Components, type PreparedComponent } from "../registry/index.ts";
import { accountsOf, checkProps, SECRET_MASK, type PropsPlan, type SecretProps } from "../sources/index.ts";
import type { CodeFaults } from "./code-faults.ts";
import { dataStoresOf } from "./data-store-props.ts";
import type { DynamicProps } from "./dynamic-props.ts";
import {
  checkExpressions,
  leavesOf,
  mapLeaves,
  runtimeOf,
  type CodeStep,
  type DraftNode,
  type Problems,
  type StepDraft,
  type StepLanguage,
  type StoredNode,
  type StoredStep,
} from "./definition/index.ts";
import { unfitReason } from "./unfit-reason.ts";

export interface StepPlannerOptions {
  db: Database;
  components: Components;
  secrets: SecretProps;
  apps: Pick<Apps, "resolve">;
  dynamicProps: DynamicProps;
}

/** What planning the steps of one request shares. */
export interface StepPlanning {
  readonly orgId: string;
  /** Steps of the version before, by namespace. */
  readonly base: ReadonlyMap<string, StoredStep>;
  readonly problems: Problems;
  readonly faults: CodeFaults;
}

/** A step that can be run without being saved. */
export interface PreviewedStep {
  readonly step: CodeStep;
  /** Null: it is a script. */
  readonly bundle: CodeBundle | null;
}

/** A list of steps that can be saved. */
export type SaveSteps = () => Promise<StoredNode[]>;

interface StepCode {
  readonly definition: ComponentDefinition;
  readonly lang: StepLanguage;
  readonly runtime: string;
  readonly isCodeStep: boolean;
  bundleText(): Promise<string>;
  bundle(): Promise<CodeBundle>;
  /** Source text of a script. */
  scriptText(): Promise<string>;
  save(): Promise<ComponentRecord>;
}

interface PlannedStep {
  readonly draft: StepDraft;
  readonly base: StoredStep | undefined;
  readonly code: StepCode;
  readonly definition: readonly ConfigurableProp[];
  readonly inputs: readonly ConfigurableProp[];
  readonly plan: PropsPlan;
}

const AT_ONCE = 4;

/** Finds out what the steps of a workflow would be made of, before anything is written. */
export class StepPlanner {
  readonly #options: StepPlannerOptions;

  constructor(options: StepPlannerOptions) {
    this.#options = options;
  }

  /** Notes every problem; what it returns is to be called only when there is none. @throws ApiError 503 */
  async plan(drafts: readonly DraftNode[], planning: StepPlanning): Promise<SaveSteps> {
    const leaves = leavesOf<StepDraft>(drafts);
    const planned = new Map<StepDraft, PlannedStep>();
    for (let at = 0; at < leaves.length; at += AT_ONCE) {
      const some = leaves.slice(at, at + AT_ONCE);
      for (const step of await Promise.all(some.map((draft) => this.#planStep(draft, planning)))) {
        if (step) planned.set(step.draft, step);
      }
    }
    await this.#checkDataStores([...planned.values()], planning);
    return async () => {
      const saved = new Map<StepDraft, StoredStep>();
      for (const [draft, step] of planned) saved.set(draft, await this.#save(step, planning.orgId));
      return mapLeaves(drafts, (draft) => requireStep(saved, draft));
    };
  }

  /** Notes every problem, and saves nothing; null when there is a problem. @throws ApiError 503 */
  async preview(draft: StepDraft, planning: StepPlanning): Promise<PreviewedStep | null> {
    const planned = await this.#planStep(draft, planning);
    if (!planned) return null;
    await this.#checkDataStores([planned], planning);
    if (planning.problems.found.length > 0) return null;
    const { base, code, definition, inputs, plan } = planned;
    const isScript = code.lang !== "nodejs";
    const step: CodeStep = {
      ...{ kind: "step", id: base?.id ?? "", namespace: draft.namespace, lang: code.lang, componentId: "" },
      ...{ code: isScript ? await code.scriptText() : null, isCodeStep: code.isCodeStep, disabled: false, retry: null },
      ...{ props: plan.props, dynamicProps: inputs, dataStores: dataStoresOf(definition, plan.props) },
      accounts: Object.fromEntries(accountsOf(definition, plan.props)),
    };
    return { step, bundle: isScript ? null : await code.bundle() };
  }

  async #planStep(draft: StepDraft, planning: StepPlanning): Promise<PlannedStep | null> {
    const base = planning.base.get(draft.namespace);
    const code = await this.#codeOf(draft, { base, planning });
    if (!code) return null;
    const { orgId, problems } = planning;
    const unfit = unfitReason(code.definition);
    if (unfit !== null) {
      problems.add(`${draft.path}.${draft.reference?.kind ?? "namespace"}`, unfit);
      return null;
    }
    const own = code.lang === "nodejs" ? code.definition.configurableProps : [];
    const given = await this.#givenProps(draft, { base, definition: [...own, ...(base?.inputs ?? [])], orgId });
    const { inputs, definition, isOpen } = await this.#propsOf(draft, { base, code, given, orgId });
    if (!isOpen) refuseUnknown(draft, { definition, problems });
    const toCheck = { orgId, definition, given, bundleText: () => code.bundleText() };
    const plan = await checkProps(this.#options.db, toCheck);
    problems.addOfProps(`${draft.path}.props`, plan.problems);
    checkExpressions(plan.props, { path: `${draft.path}.props`, problems });
    return { draft, base, code, definition, inputs, plan };
  }

  /** The props that a step has: its component's own, and those that were declared or made for it. */
  async #propsOf(
    draft: StepDraft,
    { base, code, given, orgId }: { base: StoredStep | undefined; code: StepCode; given: JsonObject; orgId: string },
  ): Promise<{ inputs: readonly ConfigurableProp[]; definition: readonly ConfigurableProp[]; isOpen: boolean }> {
    if (code.lang !== "nodejs") {
      const inputs = draft.inputs ?? (code.lang === "python" ? (base?.inputs ?? []) : []);
      return { inputs, definition: inputs, isOpen: false };
    }
    const own = code.definition.configurableProps;
    if (!code.definition.hasAdditionalProps) return { inputs: [], definition: own, isOpen: false };
    const isSame = draft.props === undefined && draft.reference === null && base !== undefined;
    const all = isSame
      ? [...own, ...base.inputs]
      : await this.#options.dynamicProps.resolve(code, { orgId, props: given });
    if (all === null) return { inputs: [], definition: own, isOpen: true };
    return {
      inputs: all.filter((prop) => !own.some(({ name }) => name === prop.name)),
      definition: all,
      isOpen: false,
    };
  }

  async #codeOf(
    draft: StepDraft,
    { base, planning }: { base: StoredStep | undefined; planning: StepPlanning },
  ): Promise<StepCode | null> {
    const { reference } = draft;
    if (reference === null) return this.#baseCode(draft, { base, planning });
    if (reference.kind === "code" && reference.lang !== "nodejs") return this.#script(reference, planning.orgId);
    const prepared = await planning.faults.guard(`${draft.path}.${reference.kind}`, () =>
      this.#prepare(reference, planning.orgId),
    );
    if (!prepared) return null;
    const runtime = reference.kind === "code" ? reference.runtime : runtimeOf(prepared.lang);
    return {
      ...prepared,
      runtime,
      isCodeStep: reference.kind === "code",
      scriptText: async () => (await prepared.save()).code,
    };
  }

  #prepare(reference: NonNullable<StepDraft["reference"]>, orgId: string): Promise<PreparedComponent> {
    const { components } = this.#options;
    if (reference.kind === "code") return components.prepare(orgId, { code: reference.code });
    if (reference.kind === "component_url") return components.prepare(orgId, { url: reference.name });
    return components.prepareSaved(orgId, reference.name);
  }

  async #baseCode(
    draft: StepDraft,
    { base, planning }: { base: StoredStep | undefined; planning: StepPlanning },
  ): Promise<StepCode | null> {
    if (!base) {
      planning.problems.add(draft.path, "needs code, component_id, component_key or component_url");
      return null;
    }
    const prepared = await this.#options.components.prepareSaved(planning.orgId, base.componentId);
    const scriptText = async () => (await prepared.save()).code;
    return { ...prepared, runtime: base.runtime, isCodeStep: base.isCodeStep, scriptText };
  }

  #script(script: { lang: StepLanguage; code: string; runtime: string }, orgId: string): StepCode {
    const lang = script.lang === "bash" ? "bash" : "python";
    return {
      definition: SCRIPT_DEFINITION,
      lang,
      runtime: script.runtime,
      isCodeStep: true,
      // A script can look at every account that it declares.
      bundleText: async () => "$auth",
      scriptText: async () => script.code,
      bundle: () => Promise.reject(new ApiError("internal", "A script has no bundle")),
      save: () => this.#options.components.saveScript(orgId, { lang, code: script.code }),
    };
  }

  /** Props of the request, else those of the version before; a secret that came back masked is the old one. */
  async #givenProps(
    draft: StepDraft,
    {
      base,
      definition,
      orgId,
    }: { base: StoredStep | undefined; definition: readonly ConfigurableProp[]; orgId: string },
  ): Promise<JsonObject> {
    const old = base ? await this.#options.secrets.open(orgId, base.props) : {};
    if (draft.props === undefined) return old;
    const given = { ...draft.props };
    for (const prop of definition) {
      const secret = old[prop.name];
      if (prop.secret && given[prop.name] === SECRET_MASK && secret !== undefined) given[prop.name] = secret;
    }
    return given;
  }

  async #checkDataStores(steps: readonly PlannedStep[], { orgId, problems }: StepPlanning): Promise<void> {
    const named = steps.flatMap(({ draft, definition, plan }) =>
      Object.entries(dataStoresOf(definition, plan.props)).map(([prop, id]) => ({
        path: `${draft.path}.props.${prop}`,
        id,
      })),
    );
    if (named.length === 0) return;
    const { rows } = await this.#options.db.query<{ data_store_id: string }>(
      "select data_store_id from data_stores where org_id = $1 and data_store_id = any($2)",
      [orgId, named.map(({ id }) => id)],
    );
    const known = new Set(rows.map((row) => row.data_store_id));
    for (const { path, id } of named) if (!known.has(id)) problems.add(path, `data store ${id} does not exist`);
  }

  async #save({ draft, base, code, definition, inputs, plan }: PlannedStep, orgId: string): Promise<StoredStep> {
    const component = await code.save();
    // So that replies can name the apps; a component's own slugs are always accepted.
    for (const slug of component.definition.apps) await this.#options.apps.resolve(orgId, slug);
    return {
      kind: "step",
      id: base?.id ?? newId("step"),
      namespace: draft.namespace,
      lang: code.lang,
      runtime: code.runtime,
      componentId: component.componentId,
      isCodeStep: code.isCodeStep,
      disabled: draft.disabled ?? base?.disabled ?? false,
      retry: draft.retry === undefined ? (base?.retry ?? null) : draft.retry,
      props: await this.#options.secrets.seal(orgId, { definition, props: plan.props }),
      accounts: Object.fromEntries(accountsOf(definition, plan.props)),
      dataStores: dataStoresOf(definition, plan.props),
      inputs,
    };
  }
}

/** Names the given props that the step does not have. */
function refuseUnknown(
  draft: StepDraft,
  { definition, problems }: { definition: readonly ConfigurableProp[]; problems: Problems },
): void {
  const known = new Set(definition.map(({ name }) => name));
  for (const name of Object.keys(draft.props ?? {})) {
    if (!known.has(name)) problems.add(`${draft.path}.props.${name}`, "is no prop of this step");
  }
}

function requireStep(saved: ReadonlyMap<StepDraft, StoredStep>, draft: StepDraft): StoredStep {
  const step = saved.get(draft);
  if (!step) throw new ApiError("internal", `The step ${draft.namespace} was not planned`);
  return step;
}
