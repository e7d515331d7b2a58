import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** What user code may reach besides public addresses. */
export interface EgressRules {
  /** CIDRs or single addresses. */
  readonly allow: readonly string[];
  /** The platform's own URL: exactly its host and port are reachable. */
  readonly publicUrl?: string;
}

/** Refused with a reason that may be shown to the user, or allowed. */
export type Verdict = { readonly isAllowed: true } | { readonly isAllowed: false; readonly reason: string };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

const ALLOWED: Verdict = { isAllowed: true };
/** Own addresses change rarely; asking the kernel for each connection would cost more than the connection. */
const OWN_ADDRESSES_MAX_AGE_MS = 5_000;
/** Everything routed on the public IPv6 internet; the rest (mapped, compatible, NAT64 of any prefix outside, …) is refused. */
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");
/** Public by number, yet answered by the cloud's own host: Azure's metadata and DNS service. */
const PLATFORM_SERVICES = new Set(["168.63.129.16"]);

function parseRule(rule: string): Range {
  const text = rule.trim();
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function isInside(address: Address, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function publicHostAndPort(publicUrl: string | undefined): string | null {
  if (publicUrl === undefined) return null;
  const url = new URL(publicUrl);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return `${bareHost(url.hostname)}:${port}`;
}

/** Lower case, without the brackets of an IPv6 address and without the dot of a full name. */
export function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

/** Decides which addresses user code may reach. */
export class AddressPolicy {
  readonly #allowed: readonly Range[];
  readonly #publicHost: string | null;
  #ownAddresses = new Set<string>();
  #ownAddressesReadAtMs = Number.NEGATIVE_INFINITY;

  /** @throws TypeError when a rule is neither an address nor a CIDR. */
  constructor(rules: EgressRules) {
    this.#allowed = rules.allow.map((rule) => {
      try {
        return parseRule(rule);
      } catch (cause) {
        throw new TypeError(`"${rule}" is neither an address nor a CIDR`, { cause });
      }
    });
    this.#publicHost = publicHostAndPort(rules.publicUrl);
  }

  /** True for the platform's own public host and port, wherever that resolves to. */
  isPublicUrl(host: string, port: number): boolean {
    return this.#publicHost === `${bareHost(host)}:${port}`;
  }

  /** Judges one resolved address. */
  judge(addressText: string): Verdict {
    if (isIP(addressText) === 0) return { isAllowed: false, reason: `${addressText} is not an address` };
    const address = ipaddr.process(addressText);
    if (this.#allowed.some((range) => isInside(address, range))) return ALLOWED;
    const range = address.range();
    if (range !== "unicast") return { isAllowed: false, reason: `${addressText} is not a public address (${range})` };
    if (address.kind() === "ipv6" && !isInside(address, GLOBAL_IPV6)) {
      return { isAllowed: false, reason: `${addressText} is not a public address` };
    }
    const plain = address.toString();
    if (PLATFORM_SERVICES.has(plain)) return { isAllowed: false, reason: `${addressText} is a metadata service` };
    if (this.#own().has(plain)) return { isAllowed: false, reason: `${addressText} is this machine itself` };
    return ALLOWED;
  }

  #own(): ReadonlySet<string> {
    if (performance.now() - this.#ownAddressesReadAtMs > OWN_ADDRESSES_MAX_AGE_MS) {
      const entries = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      this.#ownAddresses = new Set(
        entries.map((entry) => ipaddr.process(entry.address.replace(/%.*$/, "")).toString()),
      );
      this.#ownAddressesReadAtMs = performance.now();
    }
    return this.#ownAddresses;
  }
}
