import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { bareHost } from "./address-policy.ts";

/** All addresses of a name. Rejects with an errno `code` such as `ENOTFOUND`. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

const HOSTS_FILE = "/etc/hosts";
const TIMEOUT_MS = 3_000;
const TRIES = 2;

function parseHosts(text: string): Map<string, string[]> {
  const byName = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) byName.set(bareHost(name), [...(byName.get(bareHost(name)) ?? []), address]);
  }
  return byName;
}

/**
 * Resolves by the hosts file and then by DNS, without `getaddrinfo`: that would let one slow name server fill the thread pool that
 * all other names and all file reads of this process wait for.
 */
export class HostResolver {
  readonly #dns = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  readonly #hosts: Promise<Map<string, string[]>>;

  constructor(hostsFile = HOSTS_FILE) {
    this.#hosts = readFile(hostsFile, "utf8").then(parseHosts, () => new Map<string, string[]>());
  }

  /** @throws an error with code `ENOTFOUND`, or `EAI_AGAIN` when DNS did not answer. */
  async resolve(host: string): Promise<readonly string[]> {
    const name = bareHost(host);
    if (isIP(name) !== 0) return [name];
    const listed = (await this.#hosts).get(name);
    if (listed !== undefined) return listed;
    const [v4, v6] = await Promise.allSettled([this.#dns.resolve4(name), this.#dns.resolve6(name)]);
    const found = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length > 0) return found;
    const cause: unknown = v4.status === "rejected" ? v4.reason : undefined;
    const code = isAbsent(cause) ? "ENOTFOUND" : "EAI_AGAIN";
    throw Object.assign(new Error(`getaddrinfo ${code} ${name}`, { cause }), { code });
  }
}

/** True when DNS said that there is no such name, rather than nothing. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA");
}
