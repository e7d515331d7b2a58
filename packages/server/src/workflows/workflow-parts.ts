import type { RunnerHost } from "@millrace/runner";
import type { Accounts, Apps, Projects, Vault } from "../accounts/index.ts";
import type { Database } from "../db/index.ts";
import type { Subscriptions } from "../events/index.ts";
import type { Components } from "../registry/index.ts";
import type { Endpoints, Sources } from "../sources/index.ts";
import type { DefinitionPlanner } from "./definition-planner.ts";
import type { Templates } from "./templates.ts";
import type { TriggerDeployment } from "./trigger-deployment.ts";
import type { VersionLoader } from "./version-loader.ts";

export interface WorkflowsOptions {
  db: Database;
  components: Components;
  sources: Sources;
  endpoints: Endpoints;
  subscriptions: Pick<
    Subscriptions,
    "listen" | "unlisten" | "onEmitterCreated" | "onParticipantDeleted" | "onQueueChanged"
  >;
  vault: Pick<Vault, "seal" | "open">;
  accounts: Pick<Accounts, "credentialsFor">;
  apps: Pick<Apps, "resolve">;
  projects: Pick<Projects, "find">;
  runner: Pick<RunnerHost, "invoke" | "retire">;
  /** What stands behind the `@` of the addresses of email triggers. */
  mailDomain: string;
  onError(error: unknown): void;
}

/** What the operations on workflows share. */
export interface WorkflowParts extends Pick<
  WorkflowsOptions,
  "db" | "endpoints" | "subscriptions" | "projects" | "runner" | "onError"
> {
  readonly planner: DefinitionPlanner;
  readonly deployment: TriggerDeployment;
  readonly loader: VersionLoader;
  readonly templates: Templates;
}
