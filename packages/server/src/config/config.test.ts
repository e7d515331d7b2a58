import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { buildConfig, ENV_NAMES, readEnv } from "./index.ts";

const DEFAULTS = parseEnv(readFileSync(new URL("../../../../config.defaults.env", import.meta.url), "utf8"));

function configOf(source: Record<string, string>): ReturnType<typeof buildConfig> {
  return buildConfig(readEnv(source));
}

test("config.defaults.env names exactly the variables that are read", () => {
  assert.deepEqual(Object.keys(DEFAULTS).toSorted(), ENV_NAMES.toSorted());
});

test("the values of config.defaults.env are the defaults", () => {
  assert.deepEqual(buildConfig(readEnv(DEFAULTS)), { ...configOf({}), isSmtpPortGiven: true });
});

test("the defaults are those of the start-up contract", () => {
  const config = configOf({});
  assert.equal(config.port, 3000);
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.smtpPort, 2525);
  assert.equal(config.dataDir, resolve(".millrace"));
  assert.equal(config.databaseUrl, null);
  assert.deepEqual(config.roles, ["api", "ingest", "worker", "scheduler"]);
  assert.equal(config.limits.httpBodyBytes, 5_242_880);
  assert.equal(config.limits.endpointRatePerSecond, 100);
});

test("values are read in the units that users write", () => {
  const config = configOf({
    MILLRACE_PUBLIC_URL: "https://m.example.com/",
    MILLRACE_EGRESS_ALLOW: "10.0.0.0/8, 127.0.0.1, ::1",
    MILLRACE_HTTP_BODY_LIMIT: "512kb",
    MILLRACE_RETENTION_DAYS: "2",
    MILLRACE_SANDBOX_ALLOW_SHARED: "yes",
  });
  assert.equal(config.publicUrl, "https://m.example.com");
  assert.deepEqual(config.egressAllow, ["10.0.0.0/8", "127.0.0.1/32", "::1/128"]);
  assert.equal(config.limits.httpBodyBytes, 524_288);
  assert.equal(config.limits.retentionMs, 172_800_000);
  assert.equal(config.runner.allowShared, true);
});

test("an empty variable counts as not set", () => {
  assert.deepEqual(configOf({ MILLRACE_PORT: "", DATABASE_URL: " " }), configOf({}));
});

const WRONG: Record<string, Record<string, string>> = {
  "MILLRACE_SECRET_KEY: is empty": { NODE_ENV: "production", MILLRACE_SECRET_KEY: "" },
  MILLRACE_SIGNUP: { MILLRACE_SIGNUP: "maybe" },
  "MILLRACE_OIDC_CLIENT_SECRET: go together": { MILLRACE_OIDC_ISSUER: "https://id.example.com" },
  "MILLRACE_OIDC_ISSUER: must be an https": {
    ...{ MILLRACE_OIDC_ISSUER: "http://id.example.com", MILLRACE_OIDC_CLIENT_ID: "m" },
    MILLRACE_OIDC_CLIENT_SECRET: "s",
  },
  MILLRACE_PORT: { MILLRACE_PORT: "70000" },
  MILLRACE_SMTP_PORT: { MILLRACE_PORT: "4000", MILLRACE_SMTP_PORT: "4000" },
  MILLRACE_ROLES: { MILLRACE_ROLES: "api,cook", DATABASE_URL: "postgresql://db/x" },
  "DATABASE_URL to share": { MILLRACE_ROLES: "worker" },
  DATABASE_URL: { DATABASE_URL: "mysql://db/x" },
  MILLRACE_PUBLIC_URL: { MILLRACE_PUBLIC_URL: "millrace.example.com" },
  MILLRACE_INGEST_DOMAIN: { MILLRACE_INGEST_DOMAIN: "https://in.example.com" },
  MILLRACE_EGRESS_ALLOW: { MILLRACE_EGRESS_ALLOW: "10.0.0.0/99" },
  MILLRACE_HTTP_BODY_LIMIT: { MILLRACE_HTTP_BODY_LIMIT: "five" },
  MILLRACE_SANDBOX_TIER: { MILLRACE_SANDBOX_TIER: "D" },
  MILLRACE_SANDBOX_ALLOW_SHARED: { MILLRACE_SANDBOX_ALLOW_SHARED: "maybe" },
  MILLRACE_NODE_NAME: { MILLRACE_NODE_NAME: "a b" },
  MILLRACE_MAIL_DOMAIN: { MILLRACE_MAIL_DOMAIN: "me@example.com" },
  MILLRACE_SMTP_URL: { MILLRACE_SMTP_URL: "http://mail.example.com" },
  MILLRACE_S3_ENDPOINT: { MILLRACE_S3_ENDPOINT: "https://s3.example.com" },
  MILLRACE_S3_FILES_BUCKET: { MILLRACE_S3_FILES_BUCKET: "files" },
  MILLRACE_FILE_SIZE_LIMIT: { MILLRACE_FILE_SIZE_LIMIT: "huge" },
};

for (const [named, source] of Object.entries(WRONG)) {
  test(`a wrong value is refused by a message that names ${named}`, () => {
    assert.throws(
      () => configOf(source),
      (error: unknown) =>
        error instanceof Error && "code" in error && error.code === "config_invalid" && error.message.includes(named),
    );
  });
}

test("all problems are told at once", () => {
  assert.throws(
    () => configOf({ MILLRACE_PORT: "x", MILLRACE_LOG_LEVEL: "loud" }),
    /MILLRACE_LOG_LEVEL.*MILLRACE_PORT/,
  );
});

test("a misspelt variable is warned of", () => {
  assert.match(
    configOf({ MILLRACE_PROT: "1", MILLRACE_TEST_DATABASE_URL: "x" }).warnings.join(),
    /^MILLRACE_PROT is not/,
  );
});
