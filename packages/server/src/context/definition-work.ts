import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import { SourceDb } from "../sources/index.ts";
import { AccountUses, EnvVars, PropConfiguration, Workflows } from "../workflows/index.ts";
import type { CodeWork } from "./code-work.ts";
import type { EventWork } from "./event-work.ts";
import type { Identity } from "./identity.ts";
import { mailDomainOf } from "./mail-work.ts";
import type { SourceWork } from "./source-work.ts";

export interface DefinitionWorkOptions {
  db: Database;
  publicUrl: string;
  log: Logger;
  config: Config;
  identity: Identity;
  code: CodeWork;
  events: EventWork;
  sources: SourceWork;
}

/** What workflows are, apart from running them. */
export type DefinitionWork = ReturnType<typeof buildDefinitionWork>;

/** Builds workflows and their variables; starts nothing. */
export function buildDefinitionWork(options: DefinitionWorkOptions) {
  const { db, log, config, identity, code, events, sources } = options;
  const { vault, accounts, apps, projects } = identity;
  const workflows = new Workflows({
    ...{ db, vault, accounts, apps, projects, components: code.components, runner: code.runner },
    ...{ sources: sources.sources, endpoints: sources.endpoints, subscriptions: events.subscriptions },
    mailDomain: mailDomainOf(config, options.publicUrl),
    onError: (error) => log.error({ err: error }, "an internal fault in the work of workflows"),
  });
  const { components, runner } = code;
  const propConfiguration = new PropConfiguration({ db, components, runner, accounts });
  const accountUses = new AccountUses({ db });
  return {
    workflows,
    propConfiguration,
    accountUses,
    sourceDb: new SourceDb({ db }),
    envVars: new EnvVars({ db, vault }),
  };
}
