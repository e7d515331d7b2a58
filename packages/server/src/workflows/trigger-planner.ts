import { randomBytes } from "node:crypto";
import type { JsonObject } from "@millrace/runner";
import { secretHash } from "../accounts/index.ts";
import { newId } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import type { Components, PreparedComponent } from "../registry/index.ts";
import {
  assertSource,
  checkProps,
  httpEmitterId,
  newEndpointKey,
  type ComponentReference,
  type EndpointAuthorization,
  type SecretProps,
} from "../sources/index.ts";
import type { CodeFaults } from "./code-faults.ts";
import type {
  HttpTriggerDraft,
  Problems,
  SourceConfig,
  SourceTriggerDraft,
  StoredTrigger,
  TimerTriggerDraft,
  TriggerDraft,
} from "./definition/index.ts";
import { matchTriggers } from "./match-triggers.ts";
import type { TriggerRow } from "./trigger-rows.ts";

export interface TriggerPlannerOptions {
  db: Database;
  components: Components;
  secrets: SecretProps;
}

export interface TriggerPlanning {
  readonly orgId: string;
  readonly problems: Problems;
  readonly faults: CodeFaults;
  readonly existing: readonly TriggerRow[];
  readonly nowMs: number;
}

/** A source to be deployed with the workflow, or to be changed when it is there already. */
export interface SourceToDeploy {
  readonly path: string;
  /** Null: a new one. */
  readonly sourceId: string | null;
  readonly props: JsonObject;
  readonly name: string | null;
  /** Saves its component; answers what the version keeps of it. */
  save(): Promise<SourceConfig>;
}
/** A trigger that only has to be written down, or a source that has to be deployed first. */
export type PlannedTrigger = { readonly trigger: StoredTrigger } | { readonly deploy: SourceToDeploy };

interface TriggerPlace {
  readonly row: TriggerRow | null;
  readonly planning: TriggerPlanning;
  readonly sourceIds: Set<string>;
  /** Of a source to be deployed. */
  readonly component: PreparedComponent | null;
}

const EMAIL_KEY_BYTES = 15;

/** Finds out what the triggers of a workflow would be, before anything is written. */
export class TriggerPlanner {
  readonly #options: TriggerPlannerOptions;

  constructor(options: TriggerPlannerOptions) {
    this.#options = options;
  }

  /** Notes every problem; what it returns is to be used only when there is none. */
  async plan(drafts: readonly TriggerDraft[], planning: TriggerPlanning): Promise<PlannedTrigger[]> {
    const components = await this.#components(drafts, planning);
    const codeHashes = new Map([...components].map(([draft, { codeHash }]) => [draft, codeHash]));
    const rows = matchTriggers(drafts, { existing: planning.existing, codeHashes });
    const planned: PlannedTrigger[] = [];
    const sourceIds = new Set<string>();
    for (const [index, draft] of drafts.entries()) {
      const row = rows[index] ?? null;
      if (draft.id !== undefined && row === null) planning.problems.add(`${draft.path}.id`, `there is no such trigger`);
      const component = components.get(draft) ?? null;
      const one = await this.#planOne(draft, { row, planning, sourceIds, component });
      if (one) planned.push(one);
    }
    return planned;
  }

  /** Of the sources to be deployed, by draft; those that do not resolve are noted and left out. */
  async #components(
    drafts: readonly TriggerDraft[],
    { orgId, existing, faults }: TriggerPlanning,
  ): Promise<Map<TriggerDraft, PreparedComponent>> {
    const found = new Map<TriggerDraft, PreparedComponent>();
    for (const draft of drafts) {
      if (draft.kind !== "source" || draft.sourceId !== null) continue;
      const row = existing.find(({ id }) => id === draft.id);
      const old = row?.kind === "source" ? row.config : null;
      const { reference } = draft;
      const field = FIELDS.find(([name]) => reference[name] !== undefined)?.[1];
      if (field === undefined && !old) continue;
      const path = `${draft.path}.${field ?? "id"}`;
      const component = await faults.guard(path, async () => {
        const prepared = await this.#prepare(orgId, { reference, old });
        assertSource(prepared.definition, path);
        return prepared;
      });
      if (component) found.set(draft, component);
    }
    return found;
  }

  async #planOne(draft: TriggerDraft, place: TriggerPlace): Promise<PlannedTrigger | null> {
    const { row, planning, sourceIds, component } = place;
    if (draft.kind === "source") {
      if (draft.sourceId !== null || (row?.kind === "source" && row.config === null)) {
        return this.#existingSource(draft, { sourceId: draft.sourceId ?? row?.id ?? "", planning, sourceIds });
      }
      return component && this.#deployedSource(draft, { row, planning, component });
    }
    if (draft.kind === "email") return { trigger: emailTrigger(row) };
    if (draft.kind === "timer") return { trigger: timerTrigger(draft, { row, nowMs: planning.nowMs }) };
    return { trigger: httpTrigger(draft, { row, problems: planning.problems }) };
  }

  async #existingSource(
    draft: SourceTriggerDraft,
    { sourceId, planning, sourceIds }: { sourceId: string; planning: TriggerPlanning; sourceIds: Set<string> },
  ): Promise<PlannedTrigger | null> {
    const { orgId, problems } = planning;
    const path = `${draft.path}.source_id`;
    const { rowCount } = await this.#options.db.query(
      "select 1 from sources where org_id = $1 and source_id = $2 and state <> 'deploying'",
      [orgId, sourceId],
    );
    if (rowCount === 0) problems.add(path, `there is no source ${sourceId}`);
    if (sourceIds.has(sourceId)) problems.add(path, `${sourceId} is a trigger already`);
    sourceIds.add(sourceId);
    const owned = planning.existing.find((one) => one.id === sourceId);
    // A source that was deployed with the workflow stays its own when it is named by its id.
    const config = owned?.kind === "source" ? owned.config : null;
    return { trigger: { kind: "source", id: sourceId, key: null, config } };
  }

  async #deployedSource(
    draft: SourceTriggerDraft,
    { row, planning, component }: { row: TriggerRow | null; planning: TriggerPlanning; component: PreparedComponent },
  ): Promise<PlannedTrigger> {
    const { orgId, problems } = planning;
    const old = row?.kind === "source" ? row.config : null;
    const definition = component.definition.configurableProps;
    const given = { ...draft.props };
    const toCheck = { orgId, definition, given, bundleText: () => component.bundleText() };
    const plan = await checkProps(this.#options.db, toCheck);
    problems.addOfProps(`${draft.path}.props`, plan.problems);
    const name = draft.name ?? null;
    const save = async (): Promise<SourceConfig> => {
      const { componentId } = await component.save();
      const props = await this.#options.secrets.seal(orgId, { definition, props: plan.props });
      return { componentId, codeHash: component.codeHash, props, name };
    };
    return { deploy: { path: draft.path, sourceId: old ? (row?.id ?? null) : null, props: plan.props, name, save } };
  }

  #prepare(
    orgId: string,
    { reference, old }: { reference: ComponentReference; old: SourceConfig | null },
  ): Promise<PreparedComponent> {
    const { components } = this.#options;
    const { componentCode, componentUrl, componentId, componentKey } = reference;
    if (componentCode !== undefined) return components.prepare(orgId, { code: componentCode });
    if (componentUrl !== undefined) return components.prepare(orgId, { url: componentUrl });
    return components.prepareSaved(orgId, componentId ?? componentKey ?? old?.componentId ?? "");
  }
}

const FIELDS = [
  ["componentCode", "component_code"],
  ["componentUrl", "component_url"],
  ["componentId", "component_id"],
  ["componentKey", "component_key"],
] as const;

function httpTrigger(
  draft: HttpTriggerDraft,
  { row, problems }: { row: TriggerRow | null; problems: Problems },
): StoredTrigger {
  const old = row?.kind === "http" ? row : null;
  const key = old?.key ?? newEndpointKey();
  const { customResponse, staticResponse, bodyOnly } = draft;
  const oldHash = old?.config.behavior.authorization;
  let authorization: EndpointAuthorization = { kind: "none" };
  if (draft.authorization === "oauth") authorization = { kind: "oauth" };
  if (draft.authorization === "bearer") {
    const kept = oldHash?.kind === "bearer" ? oldHash.hash : null;
    const hash = draft.bearerToken === undefined ? kept : secretHash(draft.bearerToken);
    if (hash === null) problems.add(`${draft.path}.props.bearer_token`, "is required with this authorization");
    authorization = { kind: "bearer", hash: hash ?? "" };
  }
  const behavior = { staticResponse, authorization, bodyOnly };
  return { kind: "http", id: old?.id ?? httpEmitterId(key), key, config: { customResponse, behavior } };
}

function timerTrigger(
  { schedule, timezone }: TimerTriggerDraft,
  { row, nowMs }: { row: TriggerRow | null; nowMs: number },
): StoredTrigger {
  const intervalSeconds = schedule.kind === "interval" ? schedule.intervalSeconds : null;
  const cron = schedule.kind === "cron" ? schedule.cron : null;
  const old = row?.kind === "timer" ? row : null;
  const isSame =
    old?.config.intervalSeconds === intervalSeconds && old.config.cron === cron && old.config.timezone === timezone;
  const changedAtMs = old && isSame ? old.config.changedAtMs : nowMs;
  const config = { intervalSeconds, cron, timezone, changedAtMs };
  return { kind: "timer", id: old?.id ?? newId("timerTrigger"), key: null, config };
}

function emailTrigger(row: TriggerRow | null): StoredTrigger {
  const old = row?.kind === "email" ? row : null;
  return { kind: "email", id: old?.id ?? newId("emailTrigger"), key: old?.key ?? newEmailKey(), config: null };
}

/** Lower-case, since local parts are compared so; as unguessable as the key of an endpoint. */
function newEmailKey(): string {
  return `em${BigInt(`0x${randomBytes(EMAIL_KEY_BYTES).toString("hex")}`).toString(36)}`;
}
