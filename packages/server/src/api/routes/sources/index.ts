/** Sources, their runs and test events. */
import type { SourceDb, Sources } from "../../../sources/index.ts";
import type { Route } from "../../route.ts";
import { createSource } from "./createSource.ts";
import { createSourceEvent } from "./createSourceEvent.ts";
import { deleteSource } from "./deleteSource.ts";
import { deleteSourceDbKey } from "./deleteSourceDbKey.ts";
import { getSource } from "./getSource.ts";
import { listMySources } from "./listMySources.ts";
import { listSourceDb } from "./listSourceDb.ts";
import { listSourceRuns } from "./listSourceRuns.ts";
import { listWorkspaceSources } from "./listWorkspaceSources.ts";
import { runSource } from "./runSource.ts";
import { updateSource } from "./updateSource.ts";

export function sourceRoutes(services: { sources: Sources; sourceDb: SourceDb }): Route[] {
  return [
    createSource(services),
    createSourceEvent(services),
    deleteSource(services),
    deleteSourceDbKey(services),
    getSource(services),
    listMySources(services),
    listSourceDb(services),
    listSourceRuns(services),
    listWorkspaceSources(services),
    runSource(services),
    updateSource(services),
  ];
}
