import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DependencyStore } from "./dependency-store.ts";
import { WORK_DIR } from "./store-garbage.ts";
import type { PackageImport } from "./specifier.ts";

/** What most third-party components import: worth loading before a component comes. */
const LAYER = ["@pipedream/platform", "axios"];

/**
 * A dependency set that blank sandboxes load ahead of time, at the versions that the component asked for which came last.
 * It is installed into the store on demand, never shipped: without it everything works, only colder.
 */
export class PlatformLayer {
  readonly #pointerPath: string;
  readonly #store: DependencyStore;

  constructor(options: { store: DependencyStore; storeDir: string }) {
    this.#store = options.store;
    this.#pointerPath = join(options.storeDir, WORK_DIR, "platform-layer");
  }

  /** Tells whether a component with these imports would gain from the layer. */
  isWantedBy(imports: readonly PackageImport[]): boolean {
    return imports.some(({ alias }) => LAYER.includes(alias));
  }

  /** Directory of the layer if it has been installed, else null. Touches no network. */
  async dir(): Promise<string | null> {
    try {
      const dir = join(dirname(dirname(this.#pointerPath)), await readFile(this.#pointerPath, "utf8"));
      await stat(join(dir, "node_modules"));
      return dir;
    } catch {
      return null;
    }
  }

  /** Installs the layer with the ranges that these imports ask for. Throws `DependencyError`. */
  async ensure(imports: readonly PackageImport[]): Promise<string> {
    const wanted = LAYER.map(
      (name) => imports.find(({ alias }) => alias === name) ?? { alias: name, name, range: "latest" },
    );
    const { dir, hash } = await this.#store.ensure(wanted);
    if (dir === null || hash === null) throw new TypeError("The platform layer cannot be empty");
    await mkdir(dirname(this.#pointerPath), { recursive: true });
    const draft = `${this.#pointerPath}.${process.pid}`;
    await writeFile(draft, hash);
    await rename(draft, this.#pointerPath);
    return dir;
  }
}
