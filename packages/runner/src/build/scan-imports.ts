import { asCodeError, ComponentSyntaxError } from "./code-failure.ts";
import type { FileLoader } from "./component-files.ts";
import { runEsbuild } from "./esbuild-service.ts";
import { parseSpecifier } from "./specifier.ts";

/** What one file imports. */
export interface ModuleScan {
  /** Relative specifiers as written, each once. */
  readonly relative: readonly string[];
  /** Null when neither `import`/`export` nor `module`/`exports`/`require` shows. */
  readonly format: "esm" | "cjs" | null;
}

/**
 * Reads the imports of one file without running it: `import`, `export … from`, `import()` and `require()` with a
 * literal. Throws `ComponentCodeError` when it does not parse.
 */
export async function scanImports(file: { path: string; code: string; loader: FileLoader }): Promise<ModuleScan> {
  assertShallow(file);
  const relative = new Set<string>();
  try {
    const result = await runEsbuild({
      stdin: { contents: file.code, loader: file.loader, sourcefile: file.path },
      plugins: [
        {
          name: "collect-imports",
          setup(build) {
            build.onResolve({ filter: /.*/ }, (args) => {
              if (parseSpecifier(args.path).kind === "relative") relative.add(args.path);
              return { path: args.path, external: true };
            });
          },
        },
      ],
    });
    return { relative: [...relative], format: Object.values(result.metafile.inputs)[0]?.format ?? null };
  } catch (error) {
    throw asCodeError(error);
  }
}

const MAX_DEPTH = 20_000;

/** The parser recurses: what would overflow it is refused before. Brackets in texts count too; real code stays far below. */
function assertShallow({ path, code }: { path: string; code: string }): void {
  let depth = 0;
  for (let index = 0; index < code.length; index++) {
    const character = code.charCodeAt(index);
    if (character === 40 || character === 91 || character === 123) depth++;
    else if ((character === 41 || character === 93 || character === 125) && depth > 0) depth--;
    if (depth > MAX_DEPTH) throw new ComponentSyntaxError(`${path} is nested too deeply`, null);
  }
}

/**
 * Finds out how code without a file name is written, and names it: ES module, CommonJS or TypeScript. JavaScript is
 * tried first; code that is neither is reported in the language that reads further.
 */
export async function detectLanguage(code: string, stem: string): Promise<{ path: string; scan: ModuleScan }> {
  try {
    const scan = await scanImports({ path: `${stem}.js`, code, loader: "js" });
    return { path: scan.format === "esm" ? `${stem}.mjs` : `${stem}.js`, scan };
  } catch {
    return detectTypeScript(code, stem);
  }
}

async function detectTypeScript(code: string, stem: string): Promise<{ path: string; scan: ModuleScan }> {
  const path = `${stem}.ts`;
  try {
    return { path, scan: await scanImports({ path, code, loader: "ts" }) };
  } catch (typescriptError) {
    const name = /^\s*(import|export)\b/m.test(code) ? `${stem}.mjs` : `${stem}.js`;
    const javascriptError = await errorOf(scanImports({ path: name, code, loader: "js" }));
    throw offsetOf(typescriptError) > offsetOf(javascriptError) ? typescriptError : javascriptError;
  }
}

async function errorOf(failing: Promise<unknown>): Promise<unknown> {
  return failing.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function offsetOf(error: unknown): number {
  const location = error instanceof ComponentSyntaxError ? error.location : null;
  return location ? location.line * 100_000 + location.column : -1;
}
