/** From a component's code or address to one module with installed dependencies, without running any of it. */
export { buildBundle, type BuiltComponent } from "./bundle.ts";
export { ComponentFolder, type ComponentGroup } from "./component-folder.ts";
export { ComponentSyntaxError, type CodeLocation } from "./code-failure.ts";
export { ComponentFetchError, type ComponentFetchCode, type ComponentFiles } from "./component-files.ts";
export { DependencyError, type DependencyErrorCode } from "./dependency-error.ts";
export { NO_DEPENDENCIES, type DependencySet } from "./dependency-set.ts";
export { DependencyStore, type DependencyStoreOptions } from "./dependency-store.ts";
export { belongsToComponents, type FileTree } from "./file-tree.ts";
export { fetchComponentFiles, type ComponentReference, type FetchPorts } from "./fetch-files.ts";
export { localComponentFiles } from "./local-files.ts";
export { DEFAULT_NPM_SETTINGS, readNpmSettings, type Environment, type NpmSettings } from "./npm-settings.ts";
export { openPackageTree, parsePackageSource, type PackageInstaller, type PackageTree } from "./npm-package.ts";
export { PlatformLayer } from "./platform-layer.ts";
export type { PackageImport } from "./specifier.ts";
