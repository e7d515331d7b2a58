import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DependencyStore } from "./dependency-store.ts";
import { WORK_DIR } from "./store-garbage.ts";
import type { PackageImport } from "./specifier.ts";

/** What most third-party components import: worth loading before a component comes. */
const LAYER: readonly PackageImport[] = ["@pipedream/platform", "axios"].map((name) => ({
  alias: name,
  name,
  range: "latest",
}));

/**
 * A dependency set that blank sandboxes load ahead of time. It is installed into the store when the first component
 * asks for it, never shipped: without it everything works, only colder.
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
    return imports.some(({ alias }) => alias === "@pipedream/platform");
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

  /** Installs the layer unless it is there. Throws `DependencyError`. */
  async ensure(): Promise<string> {
    const present = await this.dir();
    if (present !== null) return present;
    const { dir, hash } = await this.#store.ensure(LAYER);
    if (dir === null || hash === null) throw new TypeError("The platform layer cannot be empty");
    await mkdir(dirname(this.#pointerPath), { recursive: true });
    await writeFile(`${this.#pointerPath}.new`, hash);
    await rename(`${this.#pointerPath}.new`, this.#pointerPath);
    return dir;
  }
}
