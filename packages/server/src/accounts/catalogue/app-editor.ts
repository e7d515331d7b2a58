import type { Transaction } from "kysely";
import { ApiError, invalidInput, newId, notFound } from "../../core/index.ts";
import type { Database, Schema } from "../../db/index.ts";
import type { AppDefinition } from "./app-definition.ts";
import { columnsOf } from "./app-columns.ts";
import { checkDefinition } from "./check-definition.ts";
import { loadCatalogue, type Catalogue, type CatalogueFolders } from "./load-catalogue.ts";
import { isObject, joinPatches, mergePatch } from "./merge-patch.ts";
import { lockCatalogue, syncCatalogue } from "./sync-catalogue.ts";

type Trx = Transaction<Schema>;

/** What the operator changes about apps while the instance runs; kept beside the files, and laid over them at each start. */
export class AppEditor {
  readonly #db: Database;
  #catalogue: Catalogue = { apps: new Map(), hash: "" };

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** Reads the files and makes the apps what they say. @throws StartupError */
  async start(folders: CatalogueFolders): Promise<void> {
    this.#catalogue = loadCatalogue(folders);
    await syncCatalogue({ db: this.#db, catalogue: this.#catalogue, onProblem: folders.onProblem });
  }

  /**
   * Adds an app that the catalogue does not have. A slug that only components name so far gets its definition.
   * @throws ApiError 400 naming every wrong field; 409 when the slug or the id is taken
   */
  create(given: Readonly<Record<string, unknown>>): Promise<string> {
    return this.#db.transaction(async (trx) => {
      await lockCatalogue(trx);
      const definition = checked({ id: newId("app"), description: "", categories: [], ...given });
      const { slug, id } = definition;
      const taken = await trx
        .selectFrom("apps")
        .select("name_slug")
        .where((row) => row.or([row("app_id", "=", id), row("name_slug", "=", slug)]))
        .where((row) => row.or([row("origin", "<>", "component"), row("name_slug", "<>", slug)]))
        .executeTakeFirst();
      if (taken) throw new ApiError("conflict", `The app ${taken.name_slug} is there already`);
      await writePatch(trx, slug, definition);
      return writeApp(trx, definition, "api");
    });
  }

  /**
   * Changes an app by a JSON merge patch, which stays laid over what the files say.
   * @throws ApiError 400 naming every wrong field; 404
   */
  override(idOrSlug: string, patch: Readonly<Record<string, unknown>>): Promise<string> {
    return this.#db.transaction(async (trx) => {
      await lockCatalogue(trx);
      const { app_id, name_slug: slug } = await rowOf(trx, idOrSlug);
      const fixed = ["id", "slug"].filter((name) => Object.hasOwn(patch, name));
      if (fixed.length > 0) {
        throw invalidInput(fixed.map((name) => ({ path: `definition.${name}`, message: "cannot be changed" })));
      }
      const joined = joinPatches((await patchOf(trx, slug)) ?? {}, patch);
      const base = this.#catalogue.apps.get(slug)?.definition ?? { id: app_id, slug, description: "", categories: [] };
      const definition = checked(mergePatch(base, joined));
      await writePatch(trx, slug, joined);
      return writeApp(trx, definition, "api");
    });
  }

  /**
   * Takes back what the API said: the app is as the files say again, or gone.
   * @throws ApiError 404; 409 for an app of the files, or while accounts use it
   */
  reset(idOrSlug: string): Promise<void> {
    return this.#db.transaction(async (trx) => {
      await lockCatalogue(trx);
      const { app_id, name_slug: slug, origin } = await rowOf(trx, idOrSlug);
      if (origin !== "api") throw new ApiError("conflict", `The API has said nothing about the app ${slug}`);
      const loaded = this.#catalogue.apps.get(slug);
      await trx.deleteFrom("app_overrides").where("name_slug", "=", slug).execute();
      if (loaded) await writeApp(trx, loaded.definition, loaded.origin);
      else await deleteApp(trx, { app_id, slug });
    });
  }
}

function checked(value: unknown): AppDefinition {
  const result = checkDefinition(value);
  if ("definition" in result) return result.definition;
  throw invalidInput(result.problems.map(({ path, message }) => ({ path: `definition.${path}`, message })));
}

async function rowOf(trx: Trx, idOrSlug: string) {
  const row = await trx
    .selectFrom("apps")
    .select(["app_id", "name_slug", "origin"])
    .where((app) => app.or([app("app_id", "=", idOrSlug), app("name_slug", "=", idOrSlug)]))
    .executeTakeFirst();
  if (!row) throw notFound(`App ${idOrSlug}`);
  return row;
}

async function patchOf(trx: Trx, slug: string): Promise<Record<string, unknown> | null> {
  const row = await trx.selectFrom("app_overrides").select("patch").where("name_slug", "=", slug).executeTakeFirst();
  const patch: unknown = row && JSON.parse(row.patch);
  return isObject(patch) ? patch : null;
}

async function writePatch(trx: Trx, slug: string, patch: unknown): Promise<void> {
  const columns = { patch: JSON.stringify(patch), updated_at_ms: Date.now() };
  await trx
    .insertInto("app_overrides")
    .values({ name_slug: slug, created_at_ms: Date.now(), ...columns })
    .onConflict((conflict) => conflict.column("name_slug").doUpdateSet(columns))
    .execute();
}

/** The id stays what it is: accounts name the app by it. */
async function writeApp(trx: Trx, definition: AppDefinition, origin: "catalogue" | "file" | "api"): Promise<string> {
  const { app_id, ...columns } = columnsOf(definition, origin);
  const row = await trx
    .insertInto("apps")
    .values({ app_id, ...columns, created_at_ms: Date.now() })
    .onConflict((conflict) => conflict.column("name_slug").doUpdateSet(columns))
    .returning("app_id")
    .executeTakeFirstOrThrow();
  return row.app_id;
}

const NAMED_BY = ["accounts", "oauth_apps", "connect_links"] as const;

async function deleteApp(trx: Trx, { app_id, slug }: { app_id: string; slug: string }): Promise<void> {
  for (const table of NAMED_BY) {
    const named = await trx.selectFrom(table).select("app_id").where("app_id", "=", app_id).executeTakeFirst();
    if (named) throw new ApiError("conflict", `Accounts or OAuth apps use the app ${slug}; delete them first`);
  }
  await trx.deleteFrom("apps").where("app_id", "=", app_id).execute();
}
