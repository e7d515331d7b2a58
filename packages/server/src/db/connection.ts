import pg from "pg";

const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT = "text";

/** `{1,2}`; our arrays of bigint hold no nulls. */
function parseInt8Array(text: string): number[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(Number);
}

/** bigint columns become numbers: all of ours (times, event ids, counters) are safe integers. */
const numberTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8 && format !== "binary") return Number;
    if (oid === INT8_ARRAY && format !== "binary") return parseInt8Array;
    const parser: unknown = pg.types.getTypeParser(oid, format ?? TEXT);
    return parser;
  },
};

export interface ConnectionOptions {
  /** `postgresql://…`; a unix socket directory as `?host=/dir`. */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  connectTimeoutMs?: number;
  /** A statement that takes longer fails as unavailable, also when the server no longer answers at all. 0: no limit. */
  queryTimeoutMs?: number;
}

/** The driver's settings that all our connections share. */
export function clientConfig(options: ConnectionOptions): pg.ClientConfig {
  const queryTimeoutMs = options.queryTimeoutMs ?? 10_000;
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? "millrace",
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    types: numberTypes,
    ...(queryTimeoutMs > 0 && { query_timeout: queryTimeoutMs, statement_timeout: queryTimeoutMs }),
  };
}

/** Opens one connection outside the pool. The caller ends it. */
export async function openClient(options: ConnectionOptions): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(options));
  // A connection that breaks between two queries would otherwise end the process.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    discardClient(client);
    throw error;
  }
  return client;
}

/** Drops a connection without waiting for a server that may be stuck. */
export function discardClient(client: pg.Client): void {
  client.connection.stream.destroy();
  client.end().catch(() => {});
}
