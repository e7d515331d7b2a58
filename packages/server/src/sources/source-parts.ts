import type { RunnerHost } from "@millrace/runner";
import type { Database, NodeRegistration } from "../db/index.ts";
import type { EventLog, Subscriptions } from "../events/index.ts";
import type { Components } from "../registry/index.ts";
import type { Endpoints } from "./endpoints.ts";
import type { SourcesInWork } from "./sources-in-work.ts";
import type { SecretProps } from "./secret-props.ts";
import type { SourceHooks } from "./source-hooks.ts";
import type { SourceLoader } from "./source-loader.ts";
import type { SourcePlanner } from "./source-planner.ts";
import type { SourcePurge } from "./source-purge.ts";

/** Of other services, what sources use. */
export type SourceComponents = Pick<Components, "createFromCode" | "createFromUrl" | "find" | "bundleOf">;
export type SourceSubscriptions = Pick<Subscriptions, "onEmitterCreated" | "onParticipantDeleted">;
export type SourceNode = Pick<NodeRegistration, "nodeId" | "epoch" | "fresh" | "keepAlive" | "isGone">;

/** What the operations on sources share. */
export interface SourceParts {
  readonly db: Database;
  readonly log: Pick<EventLog, "commit">;
  readonly runner: Pick<RunnerHost, "retire">;
  readonly endpoints: Endpoints;
  readonly loader: SourceLoader;
  readonly components: SourceComponents;
  readonly planner: SourcePlanner;
  readonly hooks: SourceHooks;
  readonly purge: SourcePurge;
  readonly secrets: SecretProps;
  readonly subscriptions: SourceSubscriptions;
  readonly inWork: SourcesInWork;
  /** This process, which 'deploying' and 'updating' sources belong to while it works on them. */
  readonly node: SourceNode;
}
