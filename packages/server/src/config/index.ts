/** Settings in three steps: variables, checked config, secrets. The only place that reads the environment. */
export type { AccessConfig, OidcConfig } from "./access.ts";
export { buildConfig, type Config, type LogLevel, type Role, type SandboxTier } from "./config.ts";
export { loadNodeName, prepareDataDir } from "./data-dir.ts";
export type { MailConfig, S3Config } from "./outlets.ts";
export { ENV_NAMES, environment, readEnv, type Env, type EnvName } from "./env.ts";
export { instanceKeyOf, loadSecretKey, type InstanceKey } from "./secrets.ts";
