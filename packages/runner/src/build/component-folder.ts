import { posix } from "node:path";
import { collectFiles } from "./collect-files.ts";
import { declaredRanges, type ComponentFiles } from "./component-files.ts";
import { candidateEntries, looksLikeComponent, type FileTree } from "./file-tree.ts";
import { scanImports, type ModuleScan } from "./scan-imports.ts";

/** Components of one package: they share a `package.json`, and so their dependencies. */
export interface ComponentGroup {
  /** Folder of the `package.json`; empty for the root, or when there is none. */
  readonly folder: string;
  /** Paths of files that look like components. */
  readonly entries: readonly string[];
}

/** The components in a tree of files. Files that several share are read and parsed once. */
export class ComponentFolder {
  readonly #tree: FileTree;
  readonly #url: string;
  readonly #paths: ReadonlySet<string>;
  readonly #texts = new Map<string, Promise<string | null>>();
  readonly #scans = new Map<string, Promise<ModuleScan>>();
  readonly #ranges = new Map<string, Promise<Record<string, string>>>();

  /** @param url names the tree in errors */
  constructor(tree: FileTree, url: string) {
    this.#tree = tree;
    this.#url = url;
    this.#paths = new Set(tree.paths);
  }

  /** What looks like a component, package by package. Runs nothing. */
  async groups(): Promise<ComponentGroup[]> {
    const groups = new Map<string, string[]>();
    for (const path of candidateEntries(this.#tree.paths)) {
      const text = await this.#tree.read(path);
      if (text === null || !looksLikeComponent(text)) continue;
      const folder = this.#packageOf(path);
      groups.set(folder, [...(groups.get(folder) ?? []), path]);
    }
    return [...groups].map(([folder, entries]) => ({ folder, entries }));
  }

  /**
   * A component's own files and the ranges of its package.
   * @throws ComponentFetchError for a missing import, ComponentCodeError for code that does not parse
   */
  async filesOf(entry: string): Promise<ComponentFiles> {
    const read = (path: string) => this.#read(path);
    const scan = (file: Parameters<typeof scanImports>[0]) => this.#scan(file);
    const collected = await collectFiles({ read, entry, url: `${this.#url}/${entry}`, scan });
    return { ...collected, ranges: await this.#rangesOf(this.#packageOf(entry)) };
  }

  /** Lets go of what it has read: the next components are of another package. */
  forget(): void {
    for (const memory of [this.#texts, this.#scans, this.#ranges]) memory.clear();
  }

  #packageOf(path: string): string {
    for (let folder = posix.dirname(path); folder !== "."; folder = posix.dirname(folder)) {
      if (this.#paths.has(`${folder}/package.json`)) return folder;
    }
    return "";
  }

  #read(path: string): Promise<string | null> {
    if (!this.#paths.has(path)) return Promise.resolve(null);
    return remembered(this.#texts, path, () => this.#tree.read(path));
  }

  #scan(file: Parameters<typeof scanImports>[0]): Promise<ModuleScan> {
    return remembered(this.#scans, file.path, () => scanImports(file));
  }

  #rangesOf(folder: string): Promise<Record<string, string>> {
    return remembered(this.#ranges, folder, async () => {
      const manifest = await this.#read(posix.join(folder, "package.json"));
      try {
        return manifest === null ? {} : declaredRanges(manifest);
      } catch {
        return {};
      }
    });
  }
}

function remembered<Value>(memory: Map<string, Promise<Value>>, key: string, make: () => Promise<Value>) {
  const known = memory.get(key) ?? make();
  memory.set(key, known);
  return known;
}
