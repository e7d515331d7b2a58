import type { ConfigurableProp, Deployment, JsonObject } from "@millrace/runner";

/** When a step that failed is tried again. */
export interface StepRetry {
  /** All attempts, the first one included. */
  readonly maxAttempts: number;
  /** Wait before the second attempt; each later wait is `factor` times the one before. */
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  /** Names of the errors that are retried; null: all of them (but never a `ConfigurationError`). */
  readonly errorNames: readonly string[] | null;
}

/** What a version is run with. */
export interface WorkflowSettings {
  /** Of one segment. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Runs at once; null: as many as there are events. */
  readonly concurrency: number | null;
  /** Starts within a fixed window; `limit` 0 holds the queue. */
  readonly throttle: { readonly limit: number; readonly intervalMs: number } | null;
  readonly queueSize: number;
  /** How long ended runs are kept; null: as long as the instance keeps them. */
  readonly retainMs: number | null;
  /** A run that failed is tried again from its failed step, up to 8 times over 10 hours. */
  readonly autoRetry: boolean;
  readonly errorEmails: boolean;
}

export type StepLanguage = "nodejs" | "python" | "bash";

/** Code that runs. */
export interface CodeStep {
  readonly kind: "step";
  /** `c_…`: constant over the versions for as long as the namespace stays. */
  readonly id: string;
  readonly namespace: string;
  readonly lang: StepLanguage;
  /** `sc_…` */
  readonly componentId: string;
  /** Source text of a Python or Bash step; null for Node, which is a module of the deployment. */
  readonly code: string | null;
  /** Written into the workflow itself: its code sees the environment variables. */
  readonly isCodeStep: boolean;
  readonly disabled: boolean;
  /** Wire form; strings may hold expressions. */
  readonly props: JsonObject;
  /** Account (`apn_`) by the name of the app prop. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Data store (`ds_`) by the name of the prop; all that the step may reach. */
  readonly dataStores: Readonly<Record<string, string>>;
  /** Of a Python step: its declared `inputs`. */
  readonly dynamicProps: readonly ConfigurableProp[];
  readonly retry: StepRetry | null;
}

export interface Branch<Step = CodeStep> {
  /** Key of the branch in the exports of its block. */
  readonly slug: string;
  /** Expression; null: always taken (only in `parallel`). */
  readonly condition: string | null;
  readonly steps: readonly FlowNode<Step>[];
}
/** The first branch whose condition holds runs; else `otherwise`; else nothing. */
export interface ChoiceBlock<Step = CodeStep> {
  readonly kind: "if" | "switch";
  readonly namespace: string;
  readonly disabled: boolean;
  readonly branches: readonly Branch<Step>[];
  readonly otherwise: readonly FlowNode<Step>[] | null;
}
/** Every branch whose condition holds runs, at once. */
export interface ParallelBlock<Step = CodeStep> {
  readonly kind: "parallel";
  readonly namespace: string;
  readonly disabled: boolean;
  readonly branches: readonly Branch<Step>[];
}
/** The steps run once for each item of the list that `over` evaluates to, in order. */
export interface LoopBlock<Step = CodeStep> {
  readonly kind: "loop";
  readonly namespace: string;
  readonly disabled: boolean;
  readonly over: string;
  readonly steps: readonly FlowNode<Step>[];
}
export interface EndStep {
  readonly kind: "end";
  readonly namespace: string;
  readonly disabled: boolean;
  readonly reason: string | null;
}
/** What a list of steps is made of, whatever stands for the code that runs. */
export type FlowNode<Step> = Step | ChoiceBlock<Step> | ParallelBlock<Step> | LoopBlock<Step> | EndStep;
export type StepNode = FlowNode<CodeStep>;

/** One immutable version of a workflow, ready to be run. */
export interface LoadedVersion {
  readonly orgId: string;
  readonly workflowId: string;
  /** `d_…` */
  readonly deploymentId: string;
  readonly projectId: string | null;
  readonly name: string;
  /** The user who owns it: `$.send.email` and error mails go there. */
  readonly userId: string | null;
  readonly settings: WorkflowSettings;
  readonly steps: readonly StepNode[];
  /** For the runner: `p_…:d_…`. */
  readonly deployment: Deployment;
}
