import type { Logger } from "pino";
import type { Apps } from "../accounts/index.ts";
import type { Config } from "../config/index.ts";
import type { Chore } from "../daemon/index.ts";
import type { Database, NodeRegistration } from "../db/index.ts";
import { Egress } from "../egress/index.ts";
import { RegistryImports } from "../registry/imports/index.ts";
import { ComponentSearch, LocalEmbedder, RemoteEmbedder, type Embedder } from "../search/index.ts";
import type { Sandboxes } from "./code-work.ts";

export interface RegistryWorkOptions {
  db: Database;
  log: Logger;
  config: Config;
  node: NodeRegistration;
  sandboxes: Sandboxes;
  apps: Apps;
}

/** Imports of components, and searching them. */
export type RegistryWork = ReturnType<typeof buildRegistryWork>;

const LOOK_EVERY_MS = 30_000;

/** Builds what fills the registry and what searches it; starts nothing. */
export function buildRegistryWork({ db, log, config, node, sandboxes, apps }: RegistryWorkOptions) {
  const { runner, dependencies } = sandboxes;
  const imports = new RegistryImports({
    ...{ db, node, runner, dependencies },
    addApps: (slugs) => apps.addNamed(slugs),
    onError: (error) => log.warn({ err: error }, "an import of components stopped; it is tried again"),
  });
  const componentSearch = new ComponentSearch({
    db,
    embedder: embedderOf(config),
    onError: (error) => log.warn({ err: error }, "the model of embeddings failed; components are found by words alone"),
  });
  const chores: Chore[] = [{ name: "lost imports", everyMs: LOOK_EVERY_MS, run: async () => imports.work() }];
  return { imports, componentSearch, chores };
}

function embedderOf({ embeddings, egressAllow }: Config): Embedder {
  if (embeddings === null) return new LocalEmbedder();
  // The operator's own service may lie at a private address.
  const egress = new Egress({ rules: { allow: egressAllow, publicUrl: embeddings.url } });
  return new RemoteEmbedder({ egress, service: embeddings });
}
