import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { Agent, createServer, get } from "node:http";
import { once } from "node:events";
import { join } from "node:path";

const MEASURE_MS = 1_500;

/** How often this disk makes a 4 KB append durable, per second. */
export function fdatasyncPerSecond(parentDir: string): number {
  const dir = mkdtempSync(join(parentDir, "fdatasync-"));
  const file = openSync(join(dir, "probe"), "w");
  const page = Buffer.alloc(4096, 1);
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < MEASURE_MS) {
    writeSync(file, page);
    fdatasyncSync(file);
    count++;
  }
  closeSync(file);
  rmSync(dir, { recursive: true });
  return (count * 1000) / (performance.now() - startedMs);
}

/** Requests per second that a bare node:http server answers when client and server share this process. */
export async function bareHttpPerSecond(): Promise<number> {
  const server = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const startedMs = performance.now();
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedMs < MEASURE_MS) {
      await new Promise((resolve, reject) => {
        const request = get({ port, host: "127.0.0.1", agent }, (response) => response.resume().once("end", resolve));
        request.once("error", reject);
      });
      count++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, client));
  agent.destroy();
  server.close();
  return (count * 1000) / (performance.now() - startedMs);
}
