import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StartupError, type ErrorDetail } from "../../core/index.ts";
import type { AppDefinition } from "./app-definition.ts";
import { checkDefinition } from "./check-definition.ts";
import { isObject, mergePatch } from "./merge-patch.ts";

/** A file, or an app of it, that is left out. */
export interface CatalogueProblem {
  file: string;
  problems: readonly ErrorDetail[];
}

export interface LoadedApp {
  definition: AppDefinition;
  origin: "catalogue" | "file";
}

/** What the files say, by slug. */
export interface Catalogue {
  readonly apps: ReadonlyMap<string, LoadedApp>;
  /** Changes with anything in `apps`. */
  readonly hash: string;
}

export interface CatalogueFolders {
  /** The catalogue that Millrace brings. */
  dir: string;
  /** The operator's: files for slugs that Millrace knows are laid over its own, as JSON merge patches. */
  operatorDir: string | null;
  /** Hears of every mistake; the app of that file is left out, or stays as Millrace brings it. */
  onProblem(problem: CatalogueProblem): void;
}

/** Reads all files of the catalogue. @throws StartupError when the operator's folder cannot be read */
export function loadCatalogue({ dir, operatorDir, onProblem }: CatalogueFolders): Catalogue {
  const apps = new Map<string, LoadedApp>();
  const fileOfId = new Map<string, string>();
  const add = (file: string, { merged, origin }: { merged: unknown; origin: LoadedApp["origin"] }): void => {
    const checked = checkDefinition(merged);
    if ("problems" in checked) return onProblem({ file, problems: checked.problems });
    const { definition } = checked;
    const owner = fileOfId.get(definition.id);
    if (owner !== undefined && owner !== definition.slug) {
      return onProblem({ file, problems: [{ path: "id", message: `is the id of ${owner} already` }] });
    }
    fileOfId.set(definition.id, definition.slug);
    apps.set(definition.slug, { definition, origin });
  };
  for (const { file, content } of readFolder(dir, onProblem)) add(file, { merged: content, origin: "catalogue" });
  const operators = operatorDir === null ? [] : readFolder(operatorDir, onProblem);
  for (const { file, slug, content } of operators) {
    add(file, { merged: mergePatch(apps.get(slug)?.definition, content), origin: "file" });
  }
  return {
    apps,
    hash: createHash("sha256")
      .update(JSON.stringify([...apps]))
      .digest("hex"),
  };
}

interface ReadFile {
  file: string;
  slug: string;
  content: unknown;
}

function readFolder(dir: string, onProblem: CatalogueFolders["onProblem"]): ReadFile[] {
  const names = namesIn(dir).filter((name) => name.endsWith(".json") && !name.endsWith(".schema.json"));
  return names.flatMap((name) => {
    const file = join(dir, name);
    try {
      const content: unknown = JSON.parse(readFileSync(file, "utf8"));
      const slug = name.slice(0, -".json".length);
      if (isObject(content) && (content["slug"] ?? slug) === slug) return [{ file, slug, content }];
      onProblem({ file, problems: [{ path: "slug", message: `must be the file's name, ${slug}` }] });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      onProblem({ file, problems: [{ path: "", message: `is no JSON: ${message}` }] });
    }
    return [];
  });
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch (error) {
    throw new StartupError("config_invalid", `MILLRACE_CATALOGUE_DIR: ${dir} cannot be read`, { cause: error });
  }
}
