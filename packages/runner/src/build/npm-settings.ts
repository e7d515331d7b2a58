import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How this machine reaches npm registries. Access tokens are left out on purpose: the store is shared. */
export interface NpmSettings {
  readonly registry: string | null;
  /** Registry by scope, e.g. `{"@acme": "https://npm.acme.test/"}`. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly httpProxy: string | null;
  readonly httpsProxy: string | null;
  readonly noProxy: string | null;
  /** Certificate authorities as PEM text. */
  readonly ca: string | null;
  readonly strictSsl: boolean;
}

export const DEFAULT_NPM_SETTINGS: NpmSettings = {
  registry: null,
  scopes: {},
  httpProxy: null,
  httpsProxy: null,
  noProxy: null,
  ca: null,
  strictSsl: true,
};

/** A process environment, as given by the program's entry. */
export type Environment = Readonly<Record<string, string | undefined>>;

const GLOBAL_CONFIGS = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"];

/** Reads the registry settings of this machine as npm does: environment, then the user's `.npmrc`, then the global one. */
export function readNpmSettings(env: Environment): NpmSettings {
  const fromEnv = npmVariables(env);
  const userConfig = fromEnv.get("userconfig") ?? join(env["HOME"] ?? "/", ".npmrc");
  const globalConfig = fromEnv.get("globalconfig") ?? GLOBAL_CONFIGS.find((path) => existsSync(path));
  const merged = new Map([...readConfig(globalConfig, env), ...readConfig(userConfig, env), ...fromEnv]);
  return {
    registry: merged.get("registry") ?? null,
    scopes: scopesOf(merged),
    httpProxy: merged.get("proxy") ?? merged.get("http-proxy") ?? env["HTTP_PROXY"] ?? env["http_proxy"] ?? null,
    httpsProxy: merged.get("https-proxy") ?? env["HTTPS_PROXY"] ?? env["https_proxy"] ?? null,
    noProxy: merged.get("noproxy") ?? env["NO_PROXY"] ?? env["no_proxy"] ?? null,
    ca: authorities(merged, env),
    strictSsl: merged.get("strict-ssl") !== "false",
  };
}

function npmVariables(env: Environment): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    const key = /^npm_config_(.+)$/i.exec(name)?.[1];
    if (key && value) found.set(key.toLowerCase().replaceAll("_", "-"), value);
  }
  return found;
}

function readConfig(path: string | undefined, env: Environment): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of readText(path)?.split("\n") ?? []) {
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined || value === "null") continue;
    const expanded = value.replace(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole);
    found.set(key, expanded.replace(/^"(.*)"$/, "$1"));
  }
  return found;
}

function scopesOf(settings: ReadonlyMap<string, string>): Record<string, string> {
  const scopes: Record<string, string> = {};
  for (const [key, value] of settings) {
    const scope = /^(@[^:]+):registry$/.exec(key)?.[1];
    if (scope) scopes[scope] = value;
  }
  return scopes;
}

function authorities(settings: ReadonlyMap<string, string>, env: Environment): string | null {
  const inline = settings.get("ca");
  if (inline) return inline.replaceAll("\\n", "\n");
  return readText(settings.get("cafile") ?? env["NODE_EXTRA_CA_CERTS"] ?? env["SSL_CERT_FILE"]);
}

/** Null when the file is missing or not ours to read: npm itself goes on without it. */
function readText(path: string | undefined): string | null {
  if (!path) return null;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
