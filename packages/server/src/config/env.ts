/** The variables that Millrace reads; `config.defaults.env` explains each. */
export const ENV_NAMES = [
  "NODE_ENV",
  "DATABASE_URL",
  "MILLRACE_PORT",
  "MILLRACE_HOST",
  "MILLRACE_SMTP_PORT",
  "MILLRACE_PUBLIC_URL",
  "MILLRACE_INGEST_DOMAIN",
  "MILLRACE_ROLES",
  "MILLRACE_NODE_NAME",
  "MILLRACE_DATA_DIR",
  "MILLRACE_CATALOGUE_DIR",
  "MILLRACE_SECRET_KEY",
  "MILLRACE_SECRET_KEY_FORMER",
  "MILLRACE_OAUTH_CLIENTS",
  "MILLRACE_LOG_LEVEL",
  "MILLRACE_DATABASE_POOL_SIZE",
  "MILLRACE_DATABASE_QUERY_TIMEOUT_MS",
  "MILLRACE_RETENTION_DAYS",
  "MILLRACE_HTTP_BODY_LIMIT",
  "MILLRACE_ENDPOINT_RATE_LIMIT",
  "MILLRACE_SOURCE_TIMEOUT_MS",
  "MILLRACE_EGRESS_ALLOW",
  "MILLRACE_GITHUB_RAW_URL",
  "MILLRACE_SANDBOX_TIER",
  "MILLRACE_SANDBOX_ALLOW_SHARED",
  "MILLRACE_RUNNER_MAX_PROCESSES",
  "MILLRACE_RUNNER_BLANKS",
  "MILLRACE_RUNNER_IDLE_SECONDS",
  "MILLRACE_DELIVERY_SLOTS",
  "MILLRACE_SIGNUP",
  "MILLRACE_TRUSTED_PROXIES",
  "MILLRACE_OIDC_ISSUER",
  "MILLRACE_OIDC_CLIENT_ID",
  "MILLRACE_OIDC_CLIENT_SECRET",
  "MILLRACE_OIDC_NAME",
  "MILLRACE_OIDC_ALLOWED_DOMAINS",
  "MILLRACE_RESET_PASSWORD_OF",
  "MILLRACE_AUDIT_RETENTION_DAYS",
  "MILLRACE_MAIL_DOMAIN",
  "MILLRACE_MAIL_SIZE_LIMIT",
  "MILLRACE_MAIL_RATE_LIMIT",
  "MILLRACE_SMTP_URL",
  "MILLRACE_SMTP_FROM",
  "MILLRACE_S3_ENDPOINT",
  "MILLRACE_S3_REGION",
  "MILLRACE_S3_ACCESS_KEY_ID",
  "MILLRACE_S3_SECRET_ACCESS_KEY",
  "MILLRACE_S3_FILES_BUCKET",
  "MILLRACE_FILE_SIZE_LIMIT",
  "MILLRACE_FILE_STORE_LIMIT",
  "MILLRACE_EMBEDDINGS_URL",
  "MILLRACE_EMBEDDINGS_MODEL",
  "MILLRACE_EMBEDDINGS_API_KEY",
  "MILLRACE_DAILY_CREDITS_QUOTA",
  "MILLRACE_METRICS_TOKEN",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
] as const;

export type EnvName = (typeof ENV_NAMES)[number];

/** The variables as they were given: unset and empty are the same, nothing is judged yet. */
export interface Env {
  values: Readonly<Partial<Record<EnvName, string>>>;
  /** Those of ours that were given without a value. */
  emptyNames: readonly EnvName[];
  /** Variables that look like ours but are not: most likely misspelt. */
  unknownNames: readonly string[];
}

/** First step of three: reads names and nothing else. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const values: Partial<Record<EnvName, string>> = {};
  for (const name of ENV_NAMES) {
    const value = source[name]?.trim();
    if (value) values[name] = value;
  }
  const emptyNames = ENV_NAMES.filter((name) => source[name]?.trim() === "");
  const known = new Set<string>(ENV_NAMES);
  const unknownNames = Object.keys(source).filter(
    (name) => name.startsWith("MILLRACE_") && !name.startsWith("MILLRACE_TEST_") && !known.has(name),
  );
  return { values, emptyNames, unknownNames };
}

/** The process's environment as it is: for what other programs' settings say, such as npm's. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
