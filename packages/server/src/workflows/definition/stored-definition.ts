import type { ConfigurableProp } from "@millrace/runner";
import type { EndpointBehavior } from "../../sources/index.ts";
import type { FlowNode, StepLanguage, StepRetry, WorkflowSettings } from "./loaded-version.ts";

/** A step as a version keeps it: its code is a saved component. */
export interface StoredStep {
  readonly kind: "step";
  readonly id: string;
  readonly namespace: string;
  readonly lang: StepLanguage;
  /** As the request named it, e.g. `nodejs20.x`. */
  readonly runtime: string;
  readonly componentId: string;
  readonly isCodeStep: boolean;
  readonly disabled: boolean;
  readonly retry: StepRetry | null;
  /** Text of `SecretProps`. */
  readonly props: string;
  readonly accounts: Readonly<Record<string, string>>;
  readonly dataStores: Readonly<Record<string, string>>;
  readonly inputs: readonly ConfigurableProp[];
}
export type StoredNode = FlowNode<StoredStep>;

export interface HttpConfig {
  readonly customResponse: boolean;
  readonly behavior: EndpointBehavior;
}
export interface TimerConfig {
  readonly intervalSeconds: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly changedAtMs: number;
}
/** Of a source that was deployed with the workflow; null for one that was there before. */
export interface SourceConfig {
  readonly componentId: string;
  readonly codeHash: string;
  /** Text of `SecretProps`. */
  readonly props: string;
  readonly name: string | null;
}
export interface TriggerConfigs {
  readonly http: HttpConfig;
  readonly timer: TimerConfig;
  readonly email: null;
  readonly source: SourceConfig | null;
}
export type TriggerKind = keyof TriggerConfigs;

/** A trigger as a version keeps it. */
export type StoredTrigger = {
  readonly [Kind in TriggerKind]: {
    readonly kind: Kind;
    /** `hi_`, `ti_`, `ei_` or `dc_`: the emitter of its events. */
    readonly id: string;
    /** Of an endpoint, or the local part of an address. */
    readonly key: string | null;
    readonly config: TriggerConfigs[Kind];
  };
}[TriggerKind];

/** What a version is: everything that changes only with a new one. */
export interface StoredDefinition {
  readonly name: string;
  readonly settings: WorkflowSettings;
  readonly steps: readonly StoredNode[];
  readonly triggers: readonly StoredTrigger[];
}
