import type { BuildOptions, Metafile, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { asCodeError, syntaxErrorOf } from "./code-failure.ts";
import { candidatePaths, joinRelative, loaderOf, type ComponentFiles } from "./component-files.ts";
import { runEsbuild } from "./esbuild-service.ts";
import { packageImport, parseSpecifier, type PackageImport } from "./specifier.ts";

/** A component as one module, and what it needs from npm. */
export interface BuiltComponent {
  /** ES module with an inline source map; its default export is the component. */
  readonly code: string;
  /** Sorted by alias, each once. */
  readonly imports: readonly PackageImport[];
}

const WRAPPER = "millrace-entry";
const ENTRY = "millrace-component";
/** The sandbox brings it itself. */
const AUTHOR_PACKAGE = "@millrace/component";

/**
 * Makes one ES module out of a component's own files (JavaScript, CommonJS or TypeScript). Packages stay imports:
 * version pins in specifiers become aliases, Node's own modules stay as they are. Nothing of the user's code runs here.
 * Throws `ComponentCodeError` with file, line and column for code that cannot be bundled.
 */
export async function buildBundle(source: ComponentFiles): Promise<BuiltComponent> {
  const packages = new Map<string, PackageImport>();
  try {
    const result = await runEsbuild({
      ...BUNDLE_OPTIONS,
      plugins: [componentPlugin(source, packages)],
    });
    const hasDefault = !result.warnings.some((warning) => warning.id === "import-is-undefined");
    const mixed = result.warnings.find((warning) => warning.id === "commonjs-variable-in-esm");
    if (mixed && !hasDefault) throw syntaxErrorOf({ ...mixed, text: `${MIXED} (${mixed.text})` });
    return { code: result.text, imports: keptImports(result.metafile, packages) };
  } catch (error) {
    throw asCodeError(error);
  }
}

const MIXED = "A file is either an ES module or CommonJS; it cannot mix import or export with module.exports";

const BUNDLE_OPTIONS: BuildOptions = {
  entryPoints: [WRAPPER],
  outfile: "/component.bundle.mjs",
  sourcemap: "inline",
  treeShaking: false,
  // CommonJS files require packages at run time; an ES module has no `require` of its own.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

function componentPlugin(source: ComponentFiles, packages: Map<string, PackageImport>): Plugin {
  return {
    name: "component-files",
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => {
        if (args.kind === "entry-point") return { path: WRAPPER, namespace: WRAPPER };
        if (args.namespace === WRAPPER) return { path: `/${source.entry}` };
        return resolveImport(args, { source, packages });
      });
      // A namespace import tells CommonJS, compiled TypeScript and ES modules apart and always has a `default`.
      build.onLoad({ filter: /.*/, namespace: WRAPPER }, () => ({
        contents: `import * as component from "${ENTRY}"; export default component.default;`,
        loader: "js",
      }));
      build.onLoad({ filter: /.*/ }, (args) => loadFile(source, args.path.slice(1)));
    },
  };
}

function loadFile(source: ComponentFiles, path: string): OnLoadResult {
  const contents = source.files.get(path);
  if (contents === undefined) return { errors: [{ text: `Could not find the file ${path}` }] };
  return { contents, loader: loaderOf(path) ?? "js" };
}

interface ResolveContext {
  readonly source: ComponentFiles;
  readonly packages: Map<string, PackageImport>;
}

function resolveImport(args: OnResolveArgs, context: ResolveContext): OnResolveResult {
  const specifier = parseSpecifier(args.path);
  switch (specifier.kind) {
    case "builtin":
      return { path: args.path, external: true };
    case "relative":
      return resolveRelative(args, context.source);
    case "package": {
      if (args.path === AUTHOR_PACKAGE) return { path: args.path, external: true };
      const imported = packageImport(specifier, context.source.ranges);
      const path = imported.alias + specifier.subpath;
      context.packages.set(path, imported);
      return { path, external: true };
    }
    case "unsupported":
      return {
        errors: [{ text: `Cannot import "${args.path}": only relative files, npm packages and Node's modules` }],
      };
    default:
      return specifier satisfies never;
  }
}

function resolveRelative(args: OnResolveArgs, source: ComponentFiles): OnResolveResult {
  const importer = args.importer.slice(1);
  const path = joinRelative(importer, args.path);
  const found = path !== null && candidatePaths(path, importer).find((candidate) => source.files.has(candidate));
  return found
    ? { path: `/${found}` }
    : { errors: [{ text: `Could not find "${args.path}", imported by ${importer}` }] };
}

/** TypeScript drops imports that are only types: what counts is what the bundle still imports. */
function keptImports(metafile: Metafile, packages: ReadonlyMap<string, PackageImport>): PackageImport[] {
  const kept = new Map<string, PackageImport>();
  for (const { path } of Object.values(metafile.outputs).flatMap((output) => output.imports)) {
    const imported = packages.get(path);
    if (imported) kept.set(imported.alias, imported);
  }
  return [...kept.values()].toSorted((a, b) => (a.alias < b.alias ? -1 : 1));
}
