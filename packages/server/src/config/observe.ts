import type { EnvFields } from "./fields.ts";

/** What the node tells those who watch it. */
export interface ObserveConfig {
  /** Null: metrics are for this machine only. */
  readonly metricsToken: string | null;
  /** Where traces are posted; null: none are made. */
  readonly traces: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | null;
}

const MIN_TOKEN_LENGTH = 16;

export function buildObserve(fields: EnvFields): ObserveConfig {
  const metricsToken = fields.text("MILLRACE_METRICS_TOKEN");
  if (metricsToken !== null && metricsToken.length < MIN_TOKEN_LENGTH) {
    fields.problem(`MILLRACE_METRICS_TOKEN: must have at least ${MIN_TOKEN_LENGTH} characters`);
  }
  const endpoint = fields.httpUrl("OTEL_EXPORTER_OTLP_ENDPOINT");
  const headers = readHeaders(fields);
  return { metricsToken, traces: endpoint === null ? null : { url: `${endpoint}/v1/traces`, headers } };
}

/** `name=value` with commas, values percent-encoded, as OpenTelemetry says. They may be secret, so messages do not show them. */
function readHeaders(fields: EnvFields): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of fields.list("OTEL_EXPORTER_OTLP_HEADERS") ?? []) {
    const match = /^([\w.-]+)\s*=\s*([\x21-\x7e]+)$/.exec(pair);
    const value = match?.[2] === undefined ? null : decoded(match[2]);
    if (match?.[1] === undefined || value === null) {
      fields.problem("OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs with commas between them");
    } else headers[match[1]] = value;
  }
  return headers;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
