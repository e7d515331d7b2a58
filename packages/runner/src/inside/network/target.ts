import { isIP } from "node:net";

/** Where a connection shall go, as far as a call to `connect` says. */
export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
}

export interface ConnectArguments {
  readonly options: Readonly<Record<string, unknown>>;
  readonly callback: (() => void) | null;
}

/** Reads the forms that `connect` of `net` and `tls` take: `(options)`, `(port, host)`, `(path)`, each with a callback. */
export function readConnectArguments(args: readonly unknown[]): ConnectArguments {
  // Node's own callers pass a list that is already in this form.
  const list: readonly unknown[] = Array.isArray(args[0]) ? args[0] : args;
  const last = list.at(-1);
  const callback = typeof last === "function" ? (last as () => void) : null;
  const [first, second] = list;
  if (typeof first === "object" && first !== null) return { options: first as Record<string, unknown>, callback };
  const more = list.find((item, index) => index > 0 && typeof item === "object" && item !== null) ?? {};
  if (typeof first === "string" && !/^\d+$/.test(first)) return { options: { path: first, ...more }, callback };
  const host = typeof second === "string" ? { host: second } : {};
  return { options: { port: first, ...host, ...more }, callback };
}

/** Null when the target is no host and port: a unix socket (a given `path` wins, as in Node) or nothing sensible. */
export function targetOf(options: ConnectArguments["options"]): ConnectTarget | null {
  const { path, port, host } = options;
  if (path) return null;
  const number = Number(port);
  if (!Number.isInteger(number) || number <= 0 || number > 65_535) return null;
  return { host: typeof host === "string" && host !== "" ? unbracket(host) : "localhost", port: number };
}

export function authorityOf({ host, port }: ConnectTarget): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function unbracket(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
