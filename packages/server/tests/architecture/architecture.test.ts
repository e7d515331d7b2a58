import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { foldersIn, readSourceFiles, resolveImport, type SourceFile } from "./source-tree.ts";
import { PACKAGES, PRIVILEGES, SERVER_FOLDERS } from "./tiers.ts";

const LONGEST_SOURCE = 300;
const LONGEST_TEST = 500;
const LONGEST_INDEX = 30;
const LONGEST_MAIN = 50;
const DRAWER = /^(utils?|helpers?|common|misc|types|interfaces|lib|shared)(\.test)?(\.ts)?$/;

const files = readSourceFiles();
const sources = files.filter((file) => file.folder.startsWith("src") && !file.isTest);
const serverSources = sources.filter((file) => file.packageName === "server");

/** The folder of the server's source that a path from the root lies in. */
function serverFolderOf(path: string): string | null {
  return /^packages\/server\/src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function problemsOf(subjects: readonly SourceFile[], check: (file: SourceFile) => string[]): string[] {
  return subjects.flatMap((file) => check(file).map((problem) => `${file.path}: ${problem}`));
}

function importsOf(file: SourceFile): { specifier: string; path: string }[] {
  return file.imports.flatMap((specifier) => {
    const path = resolveImport(file, specifier);
    return path === null ? [] : [{ specifier, path }];
  });
}

test("folders of the server import only folders of lower tiers", () => {
  const problems = problemsOf(serverSources, (file) => {
    const own = serverFolderOf(file.path);
    if (own === null) return [];
    const rank = SERVER_FOLDERS[own];
    if (!rank) return [`folder ${own} has no tier`];
    return importsOf(file).flatMap(({ path }) => {
      const other = serverFolderOf(path);
      if (other === null || other === own || rank.besides?.includes(other)) return [];
      return (SERVER_FOLDERS[other]?.tier ?? Infinity) < rank.tier ? [] : [`${own} may not import ${other}`];
    });
  });
  assert.deepEqual(problems, []);
});

test("packages import only the packages that the table names, and never by a path", () => {
  const problems = problemsOf(sources, (file) => {
    const allowed = PACKAGES[file.packageName];
    if (!allowed) return [`package ${file.packageName} is not in the table`];
    const foreign = file.imports
      .map((specifier) => /^@millrace\/([^/]+)/.exec(specifier)?.[1])
      .filter((name) => name !== undefined && !allowed.includes(name));
    const strays = importsOf(file).filter(({ path }) => !path.startsWith(`packages/${file.packageName}/`));
    return [
      ...foreign.map((name) => `may not import ${name}`),
      ...strays.map(({ specifier }) => `imports ${specifier}`),
    ];
  });
  assert.deepEqual(problems, []);
});

/** Whether an import goes into a folder past its index: neither to the own folder, nor up, nor to an index. */
function goesPastIndex(file: SourceFile, path: string): boolean {
  const target = dirname(path);
  const own = dirname(file.path);
  const isUpwards = own === target || own.startsWith(`${target}/`);
  return !isUpwards && !path.endsWith("/index.ts") && path.endsWith(".ts");
}

test("a folder is imported only through its index", () => {
  const isEntry = (path: string): boolean => /\/main\.ts$|\/src\/index\.ts$/.test(path);
  const problems = problemsOf(sources, (file) =>
    importsOf(file)
      .filter(({ path }) => goesPastIndex(file, path) && !isEntry(path))
      .map(({ specifier }) => `imports ${specifier}`),
  );
  assert.deepEqual(problems, []);
});

test("every folder has an index that begins with what the folder is for, and has named exports only", () => {
  const indexes = new Map(sources.filter((file) => file.name === "index.ts").map((file) => [dirname(file.path), file]));
  // A package that is only run needs none at its top.
  const programs = new Set(sources.filter((file) => /^main\.tsx?$/.test(file.name)).map((file) => dirname(file.path)));
  const folders = new Set(sources.map((file) => dirname(file.path)).filter((folder) => !programs.has(folder)));
  const missing = [...folders].filter((folder) => !indexes.has(folder)).map((folder) => `${folder}: has no index.ts`);
  const problems = problemsOf([...indexes.values()], (file) => {
    const found: string[] = [];
    if (!/^\/\*\*\s/.test(file.text)) found.push("does not begin with a sentence");
    if (file.lineCount > LONGEST_INDEX) found.push(`has ${file.lineCount} lines`);
    const isFace = file.folder === "src";
    if (!isFace && /export \*|export default/.test(file.code)) found.push("exports something without its name");
    return found;
  });
  assert.deepEqual([...missing, ...problems], []);
});

test("no file and no folder is a drawer, and names are in kebab-case except those of routes", () => {
  const problems = problemsOf(files, (file) => {
    const parts = [...file.folder.split("/"), file.name];
    const isRoute = file.folder.startsWith("src/api/routes/");
    const isNamedWell = isRoute ? /^[a-z][A-Za-z0-9-]*(\.test)?\.ts$/ : /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.tsx?$/;
    return [
      ...parts.filter((part) => DRAWER.test(part)).map((part) => `${part} says nothing`),
      ...(isNamedWell.test(file.name) ? [] : ["is not named in kebab-case"]),
    ];
  });
  assert.deepEqual(problems, []);
});

test("files are short", () => {
  const problems = problemsOf(files, (file) => {
    const limit = file.name === "main.ts" ? LONGEST_MAIN : file.isTest ? LONGEST_TEST : LONGEST_SOURCE;
    return file.lineCount > limit ? [`has ${file.lineCount} lines, ${limit} are allowed`] : [];
  });
  assert.deepEqual(problems, []);
});

for (const { what, sign, allowed } of PRIVILEGES) {
  test(`${what}: only in ${allowed.join(", ")}`, () => {
    const problems = problemsOf(serverSources, (file) => {
      const folder = serverFolderOf(file.path);
      return folder !== null && allowed.includes(folder) ? [] : sign.test(file.code) ? [`uses ${what}`] : [];
    });
    assert.deepEqual(problems, []);
  });
}

test("the environment is read in one file", () => {
  const readers = serverSources.filter((file) => /\bprocess\.env\b/.test(file.code)).map((file) => file.path);
  assert.deepEqual(readers, ["packages/server/src/config/env.ts"]);
});

test("decisions in core know neither the clock nor chance nor the outside", () => {
  const sign = /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\bperformance\.now\b|from "node:(?!crypto|buffer|util)/;
  const core = serverSources.filter((file) => serverFolderOf(file.path) === "core");
  assert.deepEqual(
    core.filter((file) => sign.test(file.code)).map((file) => file.path),
    [],
  );
});

test("nothing silences the compiler or the linter, and nothing is put off", () => {
  const sign = /@ts-(ignore|expect-error|nocheck)|(ox|es)lint-disable|prettier-ignore|\b(TODO|FIXME|XXX)\b/;
  const subjects = files.filter((file) => !file.path.includes("tests/architecture/"));
  assert.deepEqual(
    subjects.filter((file) => sign.test(file.text)).map((file) => file.path),
    [],
  );
});

test("every folder of the server's source is in the table of tiers", () => {
  const known = new Set(Object.keys(SERVER_FOLDERS));
  assert.deepEqual(
    foldersIn("packages/server/src").filter((folder) => !known.has(folder)),
    [],
  );
});
