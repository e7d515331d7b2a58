import { chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { binariesOf } from "./availability.ts";
import { DaemonProcess, freePort } from "./daemon-process.ts";
import { makeServiceDir, removeServiceDir, runAsServiceUser, serviceUser } from "./sandbox-user.ts";

const USER = "reporter";
const PASSWORD = "not-a-secret";

/** Debian's PostgreSQL on a TCP port with TLS, as a user's own database would be. */
export class PostgresService {
  readonly host = "127.0.0.1";
  readonly user = USER;
  readonly password = PASSWORD;
  readonly database = "postgres";
  readonly port: number;
  /** The certificate that the server shows, PEM: valid for `localhost` and 127.0.0.1. */
  readonly certificate: string;
  private readonly daemon: DaemonProcess;
  private readonly dir: string;
  private readonly client: pg.Client;

  private constructor(parts: { port: number; certificate: string; daemon: DaemonProcess; dir: string }) {
    this.port = parts.port;
    this.certificate = parts.certificate;
    this.daemon = parts.daemon;
    this.dir = parts.dir;
    this.client = new pg.Client(this.url);
  }

  static async start(): Promise<PostgresService> {
    const binaries = binariesOf("postgresql");
    const dir = await makeServiceDir("postgresql");
    const data = join(dir, "data");
    await createCluster(binaries, dir);
    const port = await freePort();
    const settings = [
      "listen_addresses=127.0.0.1",
      `port=${port}`,
      `unix_socket_directories=${dir}`,
      "fsync=off",
      "ssl=on",
      `ssl_cert_file=${join(dir, "server.crt")}`,
      `ssl_key_file=${join(dir, "server.key")}`,
    ];
    const daemon = await DaemonProcess.start({
      name: "PostgreSQL",
      command: [binaries["postgres"] ?? "postgres", "-D", data, ...settings.flatMap((setting) => ["-c", setting])],
      cwd: dir,
      readyLine: /ready to accept connections/,
    });
    const certificate = await readFile(join(dir, "server.crt"), "utf8");
    const service = new PostgresService({ port, certificate, daemon, dir });
    await service.client.connect();
    return service;
  }

  get url(): string {
    return `postgres://${USER}:${PASSWORD}@${this.host}:${this.port}/${this.database}`;
  }

  /** Runs SQL as the owner of the database and returns the rows. */
  async query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.client.query<Record<string, unknown>>(sql, values)).rows;
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.daemon.stop("SIGINT");
    await removeServiceDir(this.dir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function createCluster(binaries: Record<string, string>, dir: string): Promise<void> {
  const passwordFile = join(dir, "password");
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  const { uid, gid } = serviceUser().identity;
  if (uid !== undefined && gid !== undefined) await chown(passwordFile, uid, gid);
  const initdb = [binaries["initdb"] ?? "initdb", "-D", join(dir, "data"), "-U", USER, "--no-sync", "-E", "UTF8"];
  await runAsServiceUser([...initdb, "--locale=C.UTF-8", "--auth=scram-sha-256", `--pwfile=${passwordFile}`], dir);
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const request = [binaries["openssl"] ?? "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"];
  const certificate = ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=localhost"];
  const files = ["-addext", names, "-keyout", join(dir, "server.key"), "-out", join(dir, "server.crt")];
  await runAsServiceUser([...request, ...certificate, ...files], dir);
}
