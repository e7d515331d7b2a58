import { createHash } from "node:crypto";
import { isBuiltin } from "node:module";

/** One npm package that a component imports. */
export interface PackageImport {
  /** Directory below `node_modules`: the package's own name, or `pin-…` for a version named in the specifier. */
  readonly alias: string;
  readonly name: string;
  /** Semver range or dist-tag. */
  readonly range: string;
}

/** What an import specifier asks for. */
export type Specifier =
  | { readonly kind: "relative" }
  | { readonly kind: "builtin" }
  | { readonly kind: "package"; readonly name: string; readonly pin: string | null; readonly subpath: string }
  | { readonly kind: "unsupported" };

/** Our own package for authors comes with the runner. */
const AUTHOR_PACKAGE = "@millrace/component";
const PACKAGE = /^((?:@[\w~.-]+\/)?[\w~][\w~.-]*)(?:@([^/]+))?(\/.*)?$/;
/** Semver ranges and dist-tags; nothing that could name a URL, a path or a git repository. */
const RANGE = /^[\w.^~<>=|*+\- ]+$/;

/** Sorts an import specifier into its kind; a package's version pin (`axios@1.7.9`, `@scope/x@^2/sub`) comes apart. */
export function parseSpecifier(specifier: string): Specifier {
  if (/^\.{1,2}(\/|$)/.test(specifier)) return { kind: "relative" };
  if (isBuiltin(specifier) || specifier === AUTHOR_PACKAGE) return { kind: "builtin" };
  const [, name, pin, subpath] = PACKAGE.exec(specifier) ?? [];
  if (name === undefined || (pin !== undefined && !isRegistryRange(pin))) return { kind: "unsupported" };
  return { kind: "package", name, pin: pin ?? null, subpath: subpath ?? "" };
}

/** Tells whether a range can be resolved by a registry alone. */
export function isRegistryRange(range: string): boolean {
  return RANGE.test(range);
}

/** The alias under which `name@pin` is installed, so that several versions of a package stand side by side. */
export function pinAlias(name: string, pin: string): string {
  const plain = `pin-${name}-${pin}`;
  if (/^[a-z0-9.-]+$/.test(plain) && plain.length <= 100) return plain;
  const digest = createHash("sha256").update(`${name}@${pin}`).digest("hex").slice(0, 8);
  const readable = plain.toLowerCase().replaceAll("@", "").replaceAll("/", "-");
  return `${readable.replace(/[^a-z0-9.-]+/g, "").slice(0, 100)}-${digest}`;
}

/**
 * The package behind a specifier. Unpinned packages take the range that their package declares, else the newest
 * version.
 */
export function packageImport(
  specifier: Extract<Specifier, { kind: "package" }>,
  declaredRanges: Readonly<Record<string, string>>,
): PackageImport {
  const { name, pin } = specifier;
  if (pin !== null) return { alias: pinAlias(name, pin), name, range: pin };
  const declared = Object.hasOwn(declaredRanges, name) ? declaredRanges[name] : undefined;
  return { alias: name, name, range: declared !== undefined && isRegistryRange(declared) ? declared : "latest" };
}
