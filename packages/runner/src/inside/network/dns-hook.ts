import dns from "node:dns";
import { asText } from "../safe-json.ts";
import { isLoopback } from "./own-loopback.ts";
import { NetworkError } from "./network-error.ts";
import type { HostAddress, ResolveHost } from "./resolve-host.ts";

type Callback = (error: unknown, ...results: unknown[]) => void;
type Query = (host: string, options: Record<string, unknown>) => Promise<unknown>;

const ADDRESS_QUERIES: Readonly<Record<string, number>> = { resolve4: 4, resolve6: 6 };
/** The proxy answers for addresses only. */
const OTHER_QUERIES = ["Any", "Caa", "Cname", "Mx", "Naptr", "Ns", "Ptr", "Soa", "Srv", "Tlsa", "Txt"];

/** Makes the functions of `dns` ask the egress proxy. Records other than addresses fail with `ENOTIMP`. */
export function hookDns(resolve: ResolveHost): void {
  const queries = buildQueries(resolve);
  for (const [name, query] of Object.entries(queries)) {
    const withCallback = callbackForm(name, query);
    const promised = (host: unknown, options?: unknown) => query(String(host), readOptions(options));
    setIfPresent(dns, name, withCallback);
    setIfPresent(dns.promises, name, promised);
    setIfPresent(dns.Resolver.prototype, name, withCallback);
    setIfPresent(dns.promises.Resolver.prototype, name, promised);
  }
}

function buildQueries(resolve: ResolveHost): Record<string, Query> {
  const refuse = (name: string): Query => {
    return (host) => Promise.reject(new NetworkError({ code: "ENOTIMP", syscall: `query${name}`, host }));
  };
  const queries: Record<string, Query> = {
    lookup: (host, options) => lookUp(host, { options, resolve }),
    resolve: (host, options) => {
      const type = (asText(options["rrtype"]) || "A").toUpperCase();
      if (type !== "A" && type !== "AAAA") return refuse(type)(host, options);
      return resolveFamily(host, { family: type === "A" ? 4 : 6, resolve, withTtl: false });
    },
    reverse: refuse("Reverse"),
    lookupService: refuse("Service"),
  };
  for (const [name, family] of Object.entries(ADDRESS_QUERIES)) {
    queries[name] = (host, options) => resolveFamily(host, { family, resolve, withTtl: options["ttl"] === true });
  }
  for (const type of OTHER_QUERIES) queries[`resolve${type}`] = refuse(type);
  return queries;
}

/** Options come as an object, a family number or the name of a record type. */
function readOptions(options: unknown): Record<string, unknown> {
  if (typeof options === "number") return { family: options };
  if (typeof options === "string") return { rrtype: options };
  return typeof options === "object" && options !== null ? (options as Record<string, unknown>) : {};
}

function callbackForm(name: string, query: Query) {
  return (host: unknown, ...rest: unknown[]): void => {
    const callback = rest.at(-1);
    if (typeof callback !== "function") throw new TypeError(`dns.${name} needs a callback`);
    const options = readOptions(rest.length > 1 ? rest[0] : undefined);
    const report = callback as Callback;
    query(String(host), options).then(
      (result) => report(null, ...spread(name, { options, result })),
      (error: unknown) => report(error),
    );
  };
}

/** `dns.lookup` passes address and family as two arguments unless all are asked for. */
function spread(name: string, { options, result }: { options: Record<string, unknown>; result: unknown }): unknown[] {
  if (name !== "lookup" || options["all"] === true) return [result];
  const { address, family } = result as HostAddress;
  return [address, family];
}

async function lookUp(
  host: string,
  { options, resolve }: { options: Record<string, unknown>; resolve: ResolveHost },
): Promise<HostAddress | HostAddress[]> {
  const found = isLoopback(host) ? loopbackAddresses(host) : await resolve(host, "getaddrinfo");
  const family = Number(asText(options["family"]).replace("IPv", ""));
  const fitting = family === 0 ? found : found.filter((item) => item.family === family);
  const [first] = fitting;
  if (!first) throw new NetworkError({ code: "ENOTFOUND", syscall: "getaddrinfo", host });
  return options["all"] === true ? fitting : first;
}

function loopbackAddresses(host: string): HostAddress[] {
  if (host !== "localhost") return [{ address: host, family: host === "::1" ? 6 : 4 }];
  return [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
}

async function resolveFamily(
  host: string,
  { family, resolve, withTtl }: { family: number; resolve: ResolveHost; withTtl: boolean },
): Promise<unknown[]> {
  const syscall = family === 4 ? "queryA" : "queryAaaa";
  const found = (await resolve(host, syscall)).filter((item) => item.family === family);
  if (found.length === 0) throw new NetworkError({ code: "ENODATA", syscall, host });
  return found.map(({ address }) => (withTtl ? { address, ttl: 60 } : address));
}

function setIfPresent(target: object, name: string, value: unknown): void {
  if (name in target) Reflect.set(target, name, value);
}
