import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";

export type ServiceName = "postgresql" | "mariadb" | "sftp";

const SEARCH_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const POSTGRES_ROOT = "/usr/lib/postgresql";

const PACKAGES: Record<ServiceName, string> = {
  postgresql: "postgresql",
  mariadb: "mariadb-server",
  sftp: "openssh-server",
};
const BINARIES: Record<ServiceName, readonly string[]> = {
  postgresql: ["initdb", "postgres", "openssl"],
  mariadb: ["mariadb-install-db", "mariadbd", "mariadb"],
  sftp: ["sshd", "ssh-keygen"],
};

function postgresBinDirs(): string[] {
  try {
    const versions = readdirSync(POSTGRES_ROOT).toSorted((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRES_ROOT, version, "bin"));
  } catch {
    return [];
  }
}

function locate(binary: string): string | null {
  for (const dir of [...postgresBinDirs(), ...SEARCH_PATH]) {
    const path = join(dir, binary);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}

/** What stands in the way of starting a service on this machine; null when nothing does. */
function obstacle(service: ServiceName): string | null {
  const missing = BINARIES[service].filter((binary) => locate(binary) === null);
  if (missing.length > 0) {
    return `${missing.join(", ")} not found: install the Debian package ${PACKAGES[service]}`;
  }
  if (!hasName()) return "the current user has no entry in /etc/passwd, which the services insist on";
  if (service === "sftp" && !mayListenOnPort22()) {
    return "a component reaches SFTP on port 22 only: run as root, or lower net.ipv4.ip_unprivileged_port_start";
  }
  return null;
}

function hasName(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function mayListenOnPort22(): boolean {
  if (process.getuid?.() === 0) return true;
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) <= 22;
  } catch {
    return false;
  }
}

/**
 * For the `skip` option of a test that needs a service: the reason when it cannot run on this machine, else false.
 * With MILLRACE_TEST_REQUIRE_SERVICES=1 nothing is skipped: starting the service then fails with that reason.
 */
export function skipWithout(...services: ServiceName[]): string | false {
  if (process.env["MILLRACE_TEST_REQUIRE_SERVICES"] === "1") return false;
  if (process.env["MILLRACE_TEST_SKIP_SERVICES"] === "1") return "MILLRACE_TEST_SKIP_SERVICES is set";
  for (const service of services) {
    const reason = obstacle(service);
    if (reason !== null) return reason;
  }
  return false;
}

/** The full paths of a service's programs. Throws a sentence naming the Debian package when one is missing. */
export function binariesOf(service: ServiceName): Record<string, string> {
  const reason = obstacle(service);
  if (reason !== null) throw new Error(`Cannot start ${service} for this test: ${reason}`);
  return Object.fromEntries(BINARIES[service].map((binary) => [binary, locate(binary) ?? binary]));
}
