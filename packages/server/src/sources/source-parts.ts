import type { RunnerHost } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import type { EventLog } from "../events/index.ts";
import type { ComponentPort } from "./component-port.ts";
import type { Endpoints } from "./endpoints.ts";
import type { SourcesInWork } from "./sources-in-work.ts";
import type { SecretProps } from "./secret-props.ts";
import type { SourceHooks } from "./source-hooks.ts";
import type { SourceLoader } from "./source-loader.ts";
import type { SourcePlanner } from "./source-planner.ts";
import type { SourcePurge, SubscriptionPort } from "./source-purge.ts";

/** What the operations on sources share. */
export interface SourceParts {
  readonly db: Database;
  readonly log: Pick<EventLog, "commit">;
  readonly runner: Pick<RunnerHost, "retire">;
  readonly endpoints: Endpoints;
  readonly loader: SourceLoader;
  readonly components: ComponentPort;
  readonly planner: SourcePlanner;
  readonly hooks: SourceHooks;
  readonly purge: SourcePurge;
  readonly secrets: SecretProps;
  readonly subscriptions: SubscriptionPort;
  readonly inWork: SourcesInWork;
  /** This process, which 'deploying' and 'updating' sources belong to while it works on them. */
  readonly node: { readonly nodeId: string; readonly epoch: number };
}
