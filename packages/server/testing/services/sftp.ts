import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { binariesOf } from "./availability.ts";
import { makeServiceDir, removeServiceDir, runAsServiceUser, serviceUser } from "./sandbox-user.ts";

const SFTP_PORT = 22;

/**
 * Debian's sshd serving SFTP for one key, on port 22 of a loopback address of its own. This process listens and hands
 * each connection to an unprivileged `sshd -i`, so nothing but the listening needs root.
 */
export class SftpService {
  readonly host: string;
  readonly username: string;
  /** OpenSSH form, PEM. */
  readonly privateKey: string;
  /** The directory to watch; `write` puts files there. */
  readonly root: string;
  private readonly dir: string;
  private readonly server: Server;
  private readonly connections: Set<Socket>;

  private constructor(parts: { host: string; privateKey: string; dir: string; server: Server; open: Set<Socket> }) {
    this.host = parts.host;
    this.username = serviceUser().name;
    this.privateKey = parts.privateKey;
    this.dir = parts.dir;
    this.root = join(parts.dir, "files");
    this.server = parts.server;
    this.connections = parts.open;
  }

  static async start(): Promise<SftpService> {
    const binaries = binariesOf("sftp");
    const dir = await makeServiceDir("sftp");
    const config = await writeSshdConfig(binaries["ssh-keygen"] ?? "ssh-keygen", dir);
    const open = new Set<Socket>();
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      open.add(socket);
      const stdio: [Socket, Socket, "ignore"] = [socket, socket, "ignore"];
      const sshd = spawn(binaries["sshd"] ?? "sshd", ["-i", "-f", config], { stdio, ...serviceUser().identity });
      sshd.once("exit", () => {
        socket.destroy();
        open.delete(socket);
      });
    });
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    server.listen(SFTP_PORT, host);
    await once(server, "listening");
    const privateKey = await readFile(join(dir, "user_key"), "utf8");
    return new SftpService({ host, privateKey, dir, server, open });
  }

  /** Puts a file into the watched directory. */
  async write(name: string, content: string): Promise<void> {
    const path = join(this.root, name);
    await writeFile(path, content);
    const { uid, gid } = serviceUser().identity;
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }

  /** Sets a file's time, which SFTP shows in whole seconds. */
  async touch(name: string, modifiedAt: Date): Promise<void> {
    await utimes(join(this.root, name), modifiedAt, modifiedAt);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.connections) socket.destroy();
    await closed;
    await removeServiceDir(this.dir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function writeSshdConfig(sshKeygen: string, dir: string): Promise<string> {
  for (const name of ["host_key", "user_key"]) {
    await runAsServiceUser([sshKeygen, "-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)], dir);
  }
  const files = join(dir, "files");
  await mkdir(files);
  const { uid, gid } = serviceUser().identity;
  if (uid !== undefined && gid !== undefined) await chown(files, uid, gid);
  const settings = [
    `HostKey ${join(dir, "host_key")}`,
    `AuthorizedKeysFile ${join(dir, "user_key.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "Subsystem sftp internal-sftp",
    "ForceCommand internal-sftp",
    "PidFile none",
  ];
  const path = join(dir, "sshd_config");
  await writeFile(path, `${settings.join("\n")}\n`, { mode: 0o644 });
  return path;
}
