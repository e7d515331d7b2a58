/**
 * Who may import whom, as ARCHITECTURE.md shows it: a folder of the server imports only folders of lower tiers, and
 * besides them what its line names.
 */
export const SERVER_FOLDERS: Readonly<Record<string, { tier: number; besides?: readonly string[] }>> = {
  core: { tier: 1 },
  config: { tier: 1, besides: ["core"] },
  db: { tier: 2 },
  egress: { tier: 2 },
  queue: { tier: 3 },
  accounts: { tier: 3 },
  registry: { tier: 3 },
  objects: { tier: 3 },
  backup: { tier: 4 },
  events: { tier: 4 },
  search: { tier: 4 },
  sources: { tier: 5 },
  workflows: { tier: 5, besides: ["sources"] },
  delivery: { tier: 6 },
  ingest: { tier: 7 },
  api: { tier: 7 },
  daemon: { tier: 7 },
  telemetry: { tier: 7, besides: ["api"] },
  context: { tier: 8 },
};

/** What each package may import of ours. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  component: [],
  runner: ["contract", "component"],
  client: ["contract"],
  web: ["client", "contract"],
  cli: ["client", "contract", "runner"],
  server: ["contract", "component", "runner"],
};

/** A thing that only some folders of the server's source may use. */
export interface Privilege {
  what: string;
  sign: RegExp;
  allowed: readonly string[];
}

export const PRIVILEGES: readonly Privilege[] = [
  { what: "process.env", sign: /\bprocess\.env\b/, allowed: ["config"] },
  {
    what: "SQL",
    sign: /from "(?:kysely|pg)"|\.kysely\b|\bsql`|\.query(?:<[^>]*>)?\(/,
    allowed: ["db", "queue", "accounts", "registry", "backup", "events", "search", "sources", "workflows", "delivery"],
  },
  {
    what: "outgoing requests",
    sign: /(?<![.\w#]|async )fetch\(|from "(?:undici|node:https|node:net|node:tls|node:dgram|node:dns[^"]*|node:http2)"|\bhttp\.request\(/,
    allowed: ["egress"],
  },
  {
    what: "an HTTP server",
    sign: /import (?!type )[^;]*from "(?:node:http|fastify)"/,
    allowed: ["api", "ingest", "egress"],
  },
  { what: "decryption", sign: /\bcreateDecipheriv\b/, allowed: ["accounts"] },
  { what: "child processes", sign: /from "node:(?:child_process|cluster|worker_threads)"/, allowed: ["db", "search"] },
];
