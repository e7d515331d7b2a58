import { resolve } from "node:path";
import { StartupError } from "../core/index.ts";
import type { Env } from "./env.ts";
import { buildAccess, type AccessConfig } from "./access.ts";
import { EnvFields } from "./fields.ts";
import { buildObserve, type ObserveConfig } from "./observe.ts";
import {
  buildEmbeddings,
  buildFiles,
  buildMail,
  buildS3,
  type EmbeddingsConfig,
  type FilesConfig,
  type MailConfig,
  type S3Config,
} from "./outlets.ts";

const ROLES = ["api", "ingest", "worker", "scheduler"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const SANDBOX_TIERS = ["A", "B", "C"] as const;
const DAY_MS = 24 * 3_600_000;
const MAX_INT = 2 ** 31 - 1;

export type Role = (typeof ROLES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
export type SandboxTier = (typeof SANDBOX_TIERS)[number];

/** All settings of one node, checked. */
export interface Config {
  isProduction: boolean;
  logLevel: LogLevel;
  /** 0: any free one. */
  port: number;
  host: string;
  /** 0: no mail is taken. */
  smtpPort: number;
  /** The user has chosen the port, and would miss the mail. */
  isSmtpPortGiven: boolean;
  /** Without a slash at its end; null: `http://localhost:<the port in use>`. */
  publicUrl: string | null;
  ingestDomain: string | null;
  roles: readonly Role[];
  /** null: an id kept in the data directory. */
  nodeName: string | null;
  /** Absolute. */
  dataDir: string;
  /** Files that add apps to the catalogue or change them; null: none. */
  catalogueDir: string | null;
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  databasePoolSize: number;
  databaseQueryTimeoutMs: number;
  /** As given; null: a generated file in the data directory. `loadSecretKey` makes the key of it. */
  secretKey: string | null;
  /** As given: keys that the instance had before. */
  formerSecretKeys: readonly string[];
  /** A JSON file with the operator's OAuth clients; null: none. */
  oauthClientsFile: string | null;
  /** CIDRs. */
  egressAllow: readonly string[];
  githubRawUrl: string;
  limits: {
    httpBodyBytes: number;
    endpointRatePerSecond: number;
    /** One run of a source. */
    sourceTimeoutMs: number;
    retentionMs: number;
    /** Deliveries that this node works on at once. */
    deliverySlots: number;
    /** Credits a day of workspaces without a quota of their own; 0: as many as they like. */
    dailyCreditsQuota: number;
  };
  runner: {
    /** null: the strongest that this machine can do. */
    sandboxTier: SandboxTier | null;
    /** More than one workspace although the sandbox is weaker than A. */
    allowShared: boolean;
    /** null: by the memory of this machine. */
    maxProcesses: number | null;
    blankCount: number;
    idleTimeoutMs: number;
  };
  access: AccessConfig;
  mail: MailConfig;
  /** null: not configured. */
  s3: S3Config | null;
  files: FilesConfig;
  /** null: the model that comes along. */
  embeddings: EmbeddingsConfig | null;
  observe: ObserveConfig;
  /** What the log should say about the settings. */
  warnings: readonly string[];
}

/**
 * Second step of three: turns the variables into settings. Reads neither files nor the environment.
 * @throws StartupError `config_invalid` that names every variable that is wrong or contradicts another.
 */
export function buildConfig(env: Env): Config {
  const fields = new EnvFields(env);
  const config: Config = {
    ...buildNode(fields),
    ...buildNetwork(fields),
    ...buildDatabase(fields),
    formerSecretKeys: fields.list("MILLRACE_SECRET_KEY_FORMER") ?? [],
    oauthClientsFile: fields.text("MILLRACE_OAUTH_CLIENTS"),
    limits: buildLimits(fields),
    runner: buildRunner(fields),
    access: buildAccess(fields),
    mail: buildMail(fields),
    s3: buildS3(fields),
    files: buildFiles(fields),
    embeddings: buildEmbeddings(fields),
    observe: buildObserve(fields),
    warnings: env.unknownNames.map((name) => `${name} is not a setting of Millrace; is it misspelt?`),
  };
  checkContradictions(config, fields);
  if (config.isProduction && env.emptyNames.includes("MILLRACE_SECRET_KEY")) {
    fields.problem("MILLRACE_SECRET_KEY: is empty; give it a value, or leave it out for a key of this instance's own");
  }
  if (fields.problems.length === 0) return config;
  throw new StartupError("config_invalid", `Wrong settings: ${fields.problems.join("; ")}`);
}

function buildNode(
  fields: EnvFields,
): Pick<Config, "isProduction" | "logLevel" | "roles" | "nodeName" | "dataDir" | "catalogueDir" | "secretKey"> {
  const nodeName = fields.text("MILLRACE_NODE_NAME");
  if (nodeName !== null && !/^[\w.-]{1,100}$/.test(nodeName)) {
    fields.problem(`MILLRACE_NODE_NAME: must be letters, digits, ".", "_" and "-", not "${nodeName}"`);
  }
  const catalogueDir = fields.text("MILLRACE_CATALOGUE_DIR");
  return {
    isProduction: fields.text("NODE_ENV") === "production",
    logLevel: fields.choice("MILLRACE_LOG_LEVEL", LOG_LEVELS) ?? "info",
    roles: buildRoles(fields),
    nodeName,
    dataDir: resolve(fields.text("MILLRACE_DATA_DIR") ?? ".millrace"),
    catalogueDir: catalogueDir === null ? null : resolve(catalogueDir),
    secretKey: fields.text("MILLRACE_SECRET_KEY"),
  };
}

function buildRoles(fields: EnvFields): Role[] {
  const words = fields.list("MILLRACE_ROLES") ?? ROLES;
  for (const word of words) {
    if (!ROLES.some((role) => role === word)) {
      fields.problem(`MILLRACE_ROLES: "${word}" is none of ${ROLES.join(", ")}`);
    }
  }
  return ROLES.filter((role) => words.includes(role));
}

function buildNetwork(
  fields: EnvFields,
): Pick<
  Config,
  "port" | "host" | "smtpPort" | "isSmtpPortGiven" | "publicUrl" | "ingestDomain" | "egressAllow" | "githubRawUrl"
> {
  const ingestDomain = fields.text("MILLRACE_INGEST_DOMAIN")?.toLowerCase() ?? null;
  if (ingestDomain !== null && !/^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?$/.test(ingestDomain)) {
    fields.problem(`MILLRACE_INGEST_DOMAIN: must be a domain such as in.example.com, not "${ingestDomain}"`);
  }
  return {
    port: fields.integer("MILLRACE_PORT", { default: 3000, min: 0, max: 65_535 }),
    host: fields.text("MILLRACE_HOST") ?? "127.0.0.1",
    isSmtpPortGiven: fields.text("MILLRACE_SMTP_PORT") !== null,
    smtpPort: fields.integer("MILLRACE_SMTP_PORT", { default: 2525, min: 0, max: 65_535 }),
    publicUrl: fields.httpUrl("MILLRACE_PUBLIC_URL"),
    ingestDomain,
    egressAllow: fields.cidrs("MILLRACE_EGRESS_ALLOW"),
    githubRawUrl: fields.httpUrl("MILLRACE_GITHUB_RAW_URL") ?? "https://raw.githubusercontent.com",
  };
}

function buildDatabase(fields: EnvFields): Pick<Config, "databaseUrl" | "databasePoolSize" | "databaseQueryTimeoutMs"> {
  const databaseUrl = fields.text("DATABASE_URL");
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    fields.problem("DATABASE_URL: must begin with postgresql://");
  }
  return {
    databaseUrl,
    databasePoolSize: fields.integer("MILLRACE_DATABASE_POOL_SIZE", { default: 8, min: 2, max: 1_000 }),
    databaseQueryTimeoutMs: fields.integer("MILLRACE_DATABASE_QUERY_TIMEOUT_MS", {
      default: 10_000,
      min: 100,
      max: MAX_INT,
    }),
  };
}

function buildLimits(fields: EnvFields): Config["limits"] {
  const bodyBounds = { default: 5 * 1024 ** 2, min: 1_024, max: 1024 ** 3 };
  return {
    httpBodyBytes: fields.sizeBytes("MILLRACE_HTTP_BODY_LIMIT", bodyBounds),
    endpointRatePerSecond: fields.integer("MILLRACE_ENDPOINT_RATE_LIMIT", { default: 100, min: 1, max: MAX_INT }),
    sourceTimeoutMs: fields.integer("MILLRACE_SOURCE_TIMEOUT_MS", { default: 300_000, min: 100, max: MAX_INT }),
    retentionMs: fields.integer("MILLRACE_RETENTION_DAYS", { default: 30, min: 1, max: 36_500 }) * DAY_MS,
    deliverySlots: fields.integer("MILLRACE_DELIVERY_SLOTS", { default: 256, min: 1, max: 100_000 }),
    dailyCreditsQuota: fields.integer("MILLRACE_DAILY_CREDITS_QUOTA", { default: 0, min: 0, max: MAX_INT }),
  };
}

function buildRunner(fields: EnvFields): Config["runner"] {
  const maxProcesses = fields.integer("MILLRACE_RUNNER_MAX_PROCESSES", { default: 0, min: 0, max: 100_000 });
  return {
    sandboxTier: fields.choice("MILLRACE_SANDBOX_TIER", SANDBOX_TIERS),
    allowShared: fields.isSet("MILLRACE_SANDBOX_ALLOW_SHARED"),
    maxProcesses: maxProcesses === 0 ? null : maxProcesses,
    blankCount: fields.integer("MILLRACE_RUNNER_BLANKS", { default: 2, min: 0, max: 1_000 }),
    idleTimeoutMs: fields.integer("MILLRACE_RUNNER_IDLE_SECONDS", { default: 300, min: 1, max: 1_000_000 }) * 1_000,
  };
}

function checkContradictions(config: Config, fields: EnvFields): void {
  if (config.roles.length === 0) fields.problem("MILLRACE_ROLES: names no role");
  if (config.databaseUrl === null && config.roles.length < ROLES.length) {
    fields.problem(
      "MILLRACE_ROLES: without DATABASE_URL this is the only node, so it must have all roles; set DATABASE_URL to share",
    );
  }
  if (config.port !== 0 && config.port === config.smtpPort) {
    fields.problem(`MILLRACE_PORT and MILLRACE_SMTP_PORT: can not both be ${config.port}`);
  }
}
