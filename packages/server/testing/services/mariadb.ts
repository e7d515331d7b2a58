import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binariesOf } from "./availability.ts";
import { DaemonProcess, freePort } from "./daemon-process.ts";
import { makeServiceDir, removeServiceDir, runAsServiceUser } from "./sandbox-user.ts";

const USER = "reporter";
const PASSWORD = "not-a-secret";
const DATABASE = "shop";

/** Debian's MariaDB on a TCP port, with one database and one user of it. */
export class MariadbService {
  readonly host = "127.0.0.1";
  readonly username = USER;
  readonly password = PASSWORD;
  readonly database = DATABASE;
  readonly port: number;
  private readonly client: string;
  private readonly daemon: DaemonProcess;
  private readonly dir: string;

  private constructor(parts: { port: number; client: string; daemon: DaemonProcess; dir: string }) {
    this.port = parts.port;
    this.client = parts.client;
    this.daemon = parts.daemon;
    this.dir = parts.dir;
  }

  static async start(): Promise<MariadbService> {
    const binaries = binariesOf("mariadb");
    const dir = await makeServiceDir("mariadb");
    const data = join(dir, "data");
    const install = [binaries["mariadb-install-db"] ?? "", "--no-defaults", `--datadir=${data}`, "--skip-test-db"];
    await runAsServiceUser([...install, "--auth-root-authentication-method=normal"], dir);
    const initFile = join(dir, "init.sql");
    await writeFile(initFile, INIT_SQL, { mode: 0o644 });
    const port = await freePort();
    const network = ["--bind-address=127.0.0.1", `--port=${port}`, `--socket=${join(dir, "s")}`, "--skip-name-resolve"];
    const storage = [`--datadir=${data}`, `--tmpdir=${dir}`, "--innodb-flush-log-at-trx-commit=0"];
    const daemon = await DaemonProcess.start({
      name: "MariaDB",
      command: [binaries["mariadbd"] ?? "", "--no-defaults", ...network, ...storage, `--init-file=${initFile}`],
      cwd: dir,
      readyLine: /ready for connections/,
    });
    return new MariadbService({ port, client: binaries["mariadb"] ?? "", daemon, dir });
  }

  /** Runs SQL as the user of the database. */
  async execute(sql: string): Promise<void> {
    const account = [`--host=${this.host}`, `--port=${this.port}`, `--user=${USER}`, `--password=${PASSWORD}`];
    await runAsServiceUser([this.client, "--no-defaults", ...account, `--execute=${sql}`, DATABASE], this.dir);
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    await removeServiceDir(this.dir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const INIT_SQL = [
  `create database ${DATABASE};`,
  `create user '${USER}'@'%' identified by '${PASSWORD}';`,
  `grant all on ${DATABASE}.* to '${USER}'@'%';`,
].join("\n");
