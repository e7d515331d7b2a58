import type { NpmSettings } from "@millrace/runner";
import type { Logger } from "pino";
import type { WorkspaceRemoval } from "../accounts/members/index.ts";
import type { Config } from "../config/index.ts";
import type { RetryPolicy } from "../core/index.ts";
import type { Database, NodeRegistration } from "../db/index.ts";
import type { WorkCounts } from "../telemetry/index.ts";
import type { CodeWork, Sandboxes } from "./code-work.ts";
import type { DefinitionWork } from "./definition-work.ts";
import type { EventWork } from "./event-work.ts";
import type { FileWork } from "./file-work.ts";
import type { Identity } from "./identity.ts";
import type { RegistryWork } from "./registry-work.ts";
import type { SourceWork } from "./source-work.ts";
import type { WorkflowWork } from "./workflow-work.ts";

export interface ServerOverrides {
  npmSettings: NpmSettings;
  log?: Logger;
  webhookRetryPolicy?: RetryPolicy;
  /** A reply that does not fit its schema fails the request; for tests. */
  strictReplies?: boolean;
}

/** What every part of a node is built from. */
export interface Base {
  readonly config: Config;
  readonly overrides: ServerOverrides;
  readonly log: Logger;
  readonly db: Database;
  readonly sandboxes: Sandboxes;
  readonly secretKey: Buffer;
  readonly publicUrl: string;
  readonly counts: WorkCounts;
}

/** What a node is made of. */
export interface Parts {
  readonly node: NodeRegistration;
  readonly identity: Identity;
  readonly code: CodeWork;
  readonly events: EventWork;
  readonly files: FileWork;
  readonly registry: RegistryWork;
  readonly sources: SourceWork;
  readonly definitions: DefinitionWork;
  readonly workflows: WorkflowWork;
  readonly workspaceRemoval: WorkspaceRemoval;
}
