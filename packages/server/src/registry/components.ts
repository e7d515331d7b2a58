import type { CodeBundle, ComponentDefinition, ComponentFiles, DependencyStore } from "@millrace/runner";
import { ApiError, invalidInput, newId, notFound, type Page } from "../core/index.ts";
import type { Database } from "../db/index.ts";
import { asApiError } from "./build-errors.ts";
import { codeHashOf, type BuiltDefinition, type ComponentBuilder, type ComponentSource } from "./component-builder.ts";
import type { ComponentId, ComponentLanguage, ComponentRecord } from "./component-record.ts";
import { adoptComponent } from "./adopt-component.ts";
import { findByHash, findComponent, findLoadable, findMany, findPublished } from "./find-component.ts";
import { insertComponent } from "./insert-component.ts";
import { insertScript, type Script } from "./insert-script.ts";
import { listComponents, listPublished, type ListedComponent, type ListQuery } from "./list-components.ts";
import { publishAll, publishedVersions, unpublish, type PublishedVersion } from "./published.ts";

export interface ComponentsOptions {
  readonly db: Database;
  readonly builder: ComponentBuilder;
  readonly dependencies: DependencyStore;
}

const UNUSED_SET_MS = 7 * 24 * 60 * 60 * 1000;

/** Saved components of all workspaces, and the instance's registry. */
export class Components {
  readonly #db: Database;
  readonly #builder: ComponentBuilder;
  readonly #dependencies: DependencyStore;
  readonly #saving = new Map<string, Promise<ComponentRecord>>();

  constructor(options: ComponentsOptions) {
    this.#db = options.db;
    this.#builder = options.builder;
    this.#dependencies = options.dependencies;
  }

  /**
   * Saves code given as text; the URL is kept as its origin only. The same code again is the same component.
   * @throws ApiError 422 for code that cannot be a component, with its message, line and stack
   */
  createFromCode(orgId: string, code: string, url?: string): Promise<ComponentRecord> {
    return this.#create(orgId, { code, url });
  }

  /**
   * Builds code without saving it, for callers that may yet refuse what it is for.
   * @throws ApiError like `createFromCode` and `createFromUrl`
   */
  async prepare(orgId: string, source: ComponentSource): Promise<PreparedComponent> {
    const files = await this.#builder.fetch(source);
    const codeHash = codeHashOf(files);
    const known = await findByHash(this.#db, { orgId, codeHash, nowMs: Date.now() });
    if (known) return this.#prepared(known, async () => known);
    const built = await this.#builder.build(files, { orgId, field: fieldOf(source) });
    return {
      definition: built.definition,
      codeHash,
      lang: "nodejs",
      bundleText: async () => built.bundle,
      bundle: async () => ({ code: built.bundle, dependencyDir: built.dependencies.dir }),
      save: () => this.#insert(orgId, { files, codeHash, source, built }),
    };
  }

  /** Like `prepare`, for a saved component of the workspace or the registry, by id or key. @throws ApiError 404 */
  async prepareSaved(orgId: string, idOrKey: string): Promise<PreparedComponent> {
    const component = await this.lookUp([orgId], { idOrKey });
    return this.#prepared(component, async () => {
      const own = await this.find(orgId, idOrKey);
      if (!own) throw notFound(`Component ${idOrKey}`);
      return own;
    });
  }

  /** Saves a step's code in another language. The same code again is the same component. */
  saveScript(orgId: string, script: Script): Promise<ComponentRecord> {
    return insertScript(this.#db, { orgId, ...script });
  }

  /** Those of a workspace, by id. */
  async findMany(orgId: string, componentIds: readonly string[]): Promise<Map<string, ComponentRecord>> {
    return findMany(this.#db, { orgId, componentIds });
  }

  /** Saves what an address of rest-api §4 names. @throws ApiError 400 or 422 that says what is wrong */
  createFromUrl(orgId: string, url: string): Promise<ComponentRecord> {
    return this.#create(orgId, { url });
  }

  /**
   * A component to use in a workspace, by id or key: the workspace's own (of a key the newest saved), else the
   * registry's, of which the workspace then gets a copy. Null when there is none.
   */
  async find(orgId: string, idOrKey: string): Promise<ComponentRecord | null> {
    const own = await findComponent(this.#db, [orgId], { idOrKey });
    if (own) return own;
    const published = await findPublished(this.#db, { idOrKey });
    return published && (published.orgId === orgId ? published : adoptComponent(this.#db, published, orgId));
  }

  /** A component to look at: in the caller's workspaces, else in the registry. @throws ApiError 404 */
  async lookUp(
    orgIds: readonly string[],
    wanted: { idOrKey: string; version?: string | undefined },
  ): Promise<ComponentRecord> {
    const own = await findComponent(this.#db, orgIds, wanted);
    if (own) return own;
    const published = await findPublished(this.#db, wanted);
    const isWanted = wanted.version === undefined || published?.definition.version === wanted.version;
    if (published && isWanted) return published;
    throw notFound(`Component ${wanted.idOrKey}`);
  }

  /** What the registry holds under a key: the version published last, or the named one. @throws ApiError 404 */
  async findPublished(key: string, version?: string): Promise<ComponentRecord> {
    const published = await findPublished(this.#db, { idOrKey: key, version });
    if (published?.definition.key === key) return published;
    throw notFound(version === undefined ? `Component ${key}` : `Version ${version} of component ${key}`);
  }

  /** Saved components of these workspaces that have a key, newest first. */
  list(orgIds: readonly string[], query: ListQuery): Promise<Page<ListedComponent>> {
    return listComponents(this.#db, orgIds, query);
  }

  /** What the registry holds, by key. */
  listPublished(query: ListQuery): Promise<Page<ListedComponent>> {
    return listPublished(this.#db, query);
  }

  /** The published versions of a key, newest first. @throws ApiError 404 */
  async versionsOf(key: string): Promise<PublishedVersion[]> {
    const versions = await publishedVersions(this.#db, key);
    if (versions.length === 0) throw notFound(`Component ${key}`);
    return versions;
  }

  /** A component that one of these workspaces saved. @throws ApiError 404 */
  async findOwn(orgIds: readonly string[], componentId: string): Promise<ComponentRecord> {
    const component = await findComponent(this.#db, orgIds, { idOrKey: componentId });
    if (component?.componentId !== componentId) throw notFound(`Component ${componentId}`);
    return component;
  }

  /** Puts a component into the registry under its key. @throws ApiError 400; 409 when another workspace holds the key */
  async publish(component: ComponentRecord): Promise<ComponentRecord> {
    const { key, version } = component.definition;
    if (key === null || version === "") {
      const message = "names a component without a `key` and a `version`; the registry needs both";
      throw invalidInput([{ path: "id", message }]);
    }
    const entry = { key, version, orgId: component.orgId, componentId: component.componentId };
    const refused = await this.#db.transaction((trx) => publishAll(trx, [entry]));
    if (refused.size > 0) throw new ApiError("conflict", `The key ${key} is published by another workspace`);
    return component;
  }

  /**
   * Takes a key out of the registry, or one version of it: then the one published last before it stands.
   * @throws ApiError 404 unless one of these workspaces published it
   */
  async unpublish(
    orgIds: readonly string[] | null,
    named: { key: string; version?: string | undefined },
  ): Promise<void> {
    const removed = await this.#db.transaction((trx) => unpublish(trx, orgIds, named));
    if (removed === 0) throw notFound(`Component ${named.key}`);
  }

  /** What a sandbox loads; packages that are gone are installed again as they were. @throws ApiError 503 */
  async bundleOf(component: ComponentId): Promise<CodeBundle> {
    const loadable = await findLoadable(this.#db, component);
    if (!loadable) throw notFound(`Component ${component.componentId}`);
    if (loadable.depset_lock === null) return { code: loadable.bundle, dependencyDir: null };
    try {
      const { dir } = await this.#dependencies.restore(loadable.depset_lock);
      return { code: loadable.bundle, dependencyDir: dir };
    } catch (error) {
      throw asApiError(error, "component");
    }
  }

  /** Removes dependency sets that no component names and that nobody used for a week. Returns how many. */
  async collectGarbage(nowMs: number): Promise<number> {
    const { rows } = await this.#db.query<{ depset_hash: string }>(
      "select distinct depset_hash from components where depset_hash is not null",
    );
    const referenced = new Set(rows.map((row) => row.depset_hash));
    await this.#db.query(
      "delete from dependency_locks where not exists (select from components where components.depset_hash = dependency_locks.depset_hash)",
    );
    return this.#dependencies.collectGarbage({ referenced, unusedForMs: UNUSED_SET_MS, nowMs });
  }

  async #create(orgId: string, source: ComponentSource): Promise<ComponentRecord> {
    const files = await this.#builder.fetch(source);
    const codeHash = codeHashOf(files);
    const known = await findByHash(this.#db, { orgId, codeHash, nowMs: Date.now() });
    if (known) return known;
    const key = `${orgId} ${codeHash}`;
    const saving = this.#saving.get(key) ?? this.#build(orgId, { files, codeHash, source });
    this.#saving.set(key, saving);
    return saving.finally(() => this.#saving.delete(key));
  }

  async #build(orgId: string, draft: Draft): Promise<ComponentRecord> {
    const built = await this.#builder.build(draft.files, { orgId, field: fieldOf(draft.source) });
    return this.#insert(orgId, { ...draft, built });
  }

  #prepared(component: ComponentRecord, save: () => Promise<ComponentRecord>): PreparedComponent {
    return {
      definition: component.definition,
      codeHash: component.codeHash,
      lang: component.lang,
      bundleText: async () => (await findLoadable(this.#db, component))?.bundle ?? "",
      bundle: () => this.bundleOf(component),
      save,
    };
  }

  #insert(orgId: string, draft: Draft & { built: BuiltDefinition }): Promise<ComponentRecord> {
    const { files, codeHash, source, built } = draft;
    return insertComponent(this.#db, {
      orgId,
      componentId: newId("component"),
      code: files.files.get(files.entry) ?? "",
      codeHash,
      origin: source.url ?? null,
      nowMs: Date.now(),
      ...built,
    });
  }
}

/** A component that can be looked at, and saved when it is wanted. */
export interface PreparedComponent {
  readonly definition: ComponentDefinition;
  readonly codeHash: string;
  readonly lang: ComponentLanguage;
  bundleText(): Promise<string>;
  /** Ready to be run. @throws ApiError when its dependencies cannot be had */
  bundle(): Promise<CodeBundle>;
  save(): Promise<ComponentRecord>;
}

function fieldOf(source: ComponentSource): string {
  return source.code === undefined ? "component_url" : "component_code";
}

interface Draft {
  readonly files: ComponentFiles;
  readonly codeHash: string;
  readonly source: ComponentSource;
}
