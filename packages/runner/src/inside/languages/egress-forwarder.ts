import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { once } from "node:events";

/** Where programs look for it in a sandbox with a loopback of its own. */
const USUAL_PORT = 3128;

/**
 * Makes the egress proxy's unix socket reachable by TCP on the loopback, for programs that know proxies by host and port only.
 * @param options.hasOwnLoopback false where other sandboxes share the loopback: then the port is any free one.
 * @returns the URL of the proxy.
 */
export async function startEgressForwarder(options: {
  egressSocket: string;
  hasOwnLoopback: boolean;
}): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (client) => forward(client, options.egressSocket));
  try {
    await listen(server, options.hasOwnLoopback ? USUAL_PORT : 0);
  } catch {
    // Code of the user was there first.
    await listen(server, 0);
  }
  server.unref();
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}

/** The proxy speaks HTTP, so bytes are all there is to pass on. */
function forward(client: Socket, egressSocket: string): void {
  const proxy = connect({ path: egressSocket, allowHalfOpen: true });
  for (const [from, to] of [
    [client, proxy],
    [proxy, client],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}
