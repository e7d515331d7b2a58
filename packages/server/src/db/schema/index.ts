/** The row types of all tables, as Kysely needs them; a test compares them with the migrations. */
import type { AccountsSchema } from "./accounts.ts";
import type { ComponentsSchema } from "./components.ts";
import type { EventsSchema } from "./events.ts";
import type { FilesSchema } from "./files.ts";
import type { IdentitySchema } from "./identity.ts";
import type { InstanceSchema } from "./instance.ts";
import type { SourcesSchema } from "./sources.ts";
import type { UsageSchema } from "./usage.ts";
import type { WorkflowsSchema } from "./workflows.ts";

export type Schema = AccountsSchema &
  ComponentsSchema &
  EventsSchema &
  FilesSchema &
  IdentitySchema &
  InstanceSchema &
  SourcesSchema &
  UsageSchema &
  WorkflowsSchema;
