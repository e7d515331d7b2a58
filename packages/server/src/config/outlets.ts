import type { EnvFields } from "./fields.ts";

/** Mail that comes in, and mail that goes out. */
export interface MailConfig {
  /** Of the addresses of email triggers; null: made of the other addresses of this instance. */
  readonly domain: string | null;
  readonly sizeBytes: number;
  readonly ratePerMinute: number;
  /** Where mail goes out, with its password; null: none is sent. */
  readonly smtpUrl: string | null;
  readonly from: string;
}

/** An S3-compatible service. */
export interface S3Config {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where file stores lie; null: on this node's disk. */
  readonly filesBucket: string | null;
}

/** How much may be stored. */
export interface FilesConfig {
  /** Of one file. */
  readonly fileBytes: number;
  /** Of all files of a workspace. */
  readonly workspaceBytes: number;
}

/** A service of embeddings in OpenAI's form. */
export interface EmbeddingsConfig {
  /** Without a slash at its end. */
  readonly url: string;
  readonly model: string;
  /** Null: it asks for none. */
  readonly apiKey: string | null;
}

const MAX_RATE = 1_000_000;

export function buildMail(fields: EnvFields): MailConfig {
  const domain = fields.text("MILLRACE_MAIL_DOMAIN")?.toLowerCase() ?? null;
  if (domain !== null && !/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)) {
    fields.problem(`MILLRACE_MAIL_DOMAIN: must be a domain such as mail.example.com, not "${domain}"`);
  }
  const smtpUrl = fields.text("MILLRACE_SMTP_URL");
  // The value may hold a password, so the message does not show it.
  if (smtpUrl !== null && !/^smtps?:$/.test(URL.parse(smtpUrl)?.protocol ?? "")) {
    fields.problem("MILLRACE_SMTP_URL: must be an address such as smtp://user:password@mail.example.com:587");
  }
  const bounds = { default: 30 * 1024 ** 2, min: 1_024, max: 256 * 1024 ** 2 };
  return {
    domain,
    sizeBytes: fields.sizeBytes("MILLRACE_MAIL_SIZE_LIMIT", bounds),
    ratePerMinute: fields.integer("MILLRACE_MAIL_RATE_LIMIT", { default: 60, min: 1, max: MAX_RATE }),
    smtpUrl,
    from: fields.text("MILLRACE_SMTP_FROM") ?? "Millrace <millrace@localhost>",
  };
}

export function buildS3(fields: EnvFields): S3Config | null {
  const endpoint = fields.httpUrl("MILLRACE_S3_ENDPOINT");
  const accessKeyId = fields.text("MILLRACE_S3_ACCESS_KEY_ID");
  const secretAccessKey = fields.text("MILLRACE_S3_SECRET_ACCESS_KEY");
  const region = fields.text("MILLRACE_S3_REGION") ?? "us-east-1";
  const filesBucket = readBucket(fields);
  if (endpoint !== null && accessKeyId !== null && secretAccessKey !== null) {
    return { endpoint, region, accessKeyId, secretAccessKey, filesBucket };
  }
  if (filesBucket !== null) fields.problem("MILLRACE_S3_FILES_BUCKET: needs MILLRACE_S3_ENDPOINT and its keys");
  if (endpoint !== null || accessKeyId !== null || secretAccessKey !== null) {
    fields.problem(
      "MILLRACE_S3_ENDPOINT, MILLRACE_S3_ACCESS_KEY_ID and MILLRACE_S3_SECRET_ACCESS_KEY: go together, set all or none",
    );
  }
  return null;
}

function readBucket(fields: EnvFields): string | null {
  const bucket = fields.text("MILLRACE_S3_FILES_BUCKET");
  if (bucket !== null && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    fields.problem(`MILLRACE_S3_FILES_BUCKET: must be the name of a bucket, not "${bucket}"`);
  }
  return bucket;
}

export function buildFiles(fields: EnvFields): FilesConfig {
  const bounds = { min: 1_024, max: 1024 ** 5 };
  return {
    fileBytes: fields.sizeBytes("MILLRACE_FILE_SIZE_LIMIT", { ...bounds, default: 5 * 1024 ** 3 }),
    workspaceBytes: fields.sizeBytes("MILLRACE_FILE_STORE_LIMIT", { ...bounds, default: 50 * 1024 ** 3 }),
  };
}

export function buildEmbeddings(fields: EnvFields): EmbeddingsConfig | null {
  const url = fields.httpUrl("MILLRACE_EMBEDDINGS_URL");
  const model = fields.text("MILLRACE_EMBEDDINGS_MODEL");
  if (url !== null && model !== null) return { url, model, apiKey: fields.text("MILLRACE_EMBEDDINGS_API_KEY") };
  if (url !== null || model !== null) {
    fields.problem("MILLRACE_EMBEDDINGS_URL and MILLRACE_EMBEDDINGS_MODEL: go together, set both or none");
  }
  return null;
}
