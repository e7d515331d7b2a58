import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { InsideChild } from "../testing-child.ts";

/** Ciphers without certificates: TLS is real, nothing has to be signed. */
const ANONYMOUS_TLS = { ciphers: "AECDH-AES256-SHA:@SECLEVEL=0", maxVersion: "TLSv1.2" } as const;

const dir = mkdtempSync(join(tmpdir(), "millrace-proxy-"));
const egressSocket = join(dir, "egress.sock");
const asked: string[] = [];
const servers: Server[] = [];
const sockets = new Set<Socket>();

async function listen<S extends Server>(server: S, where: string | number = 0): Promise<S> {
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  if (typeof where === "number") server.listen(where, "127.0.0.1");
  else server.listen(where);
  await once(server, "listening");
  servers.push(server);
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** Maps every host name ending in `.test` to this machine, and refuses by name. */
async function startProxy(): Promise<void> {
  const proxy = createHttpServer((request, response) => {
    const host = new URL(request.url ?? "/", "http://proxy").searchParams.get("host") ?? "";
    if (host === "gone.test") response.writeHead(502, { "millrace-error": "ENOTFOUND" }).end("{}");
    else response.end(JSON.stringify({ addresses: [{ address: "203.0.113.7", family: 4 }] }));
  });
  proxy.on("connect", (request, client: Socket, head: Buffer) => {
    asked.push(request.url ?? "");
    const [host, port] = (request.url ?? "").split(":");
    if (host === "private.test") return client.end("HTTP/1.1 403 No\r\nmillrace-error: EACCES\r\n\r\n");
    const upstream = connect(Number(port), "127.0.0.1", () => {
      // In two pieces and with the first bytes of the target behind it, as a network may deliver it.
      client.write("HTTP/1.1 200 Conn");
      setImmediate(() => client.write("ection Established\r\n\r\n"));
      setImmediate(() => {
        upstream.write(head);
        client.pipe(upstream).pipe(client);
      });
    });
    upstream.on("error", () => client.end("HTTP/1.1 502 Bad\r\nmillrace-error: ECONNREFUSED\r\n\r\n"));
    client.on("error", () => upstream.destroy());
    return undefined;
  });
  await listen(proxy, egressSocket);
}

/** Runs the body of an async function inside, with `event.port` in scope, and returns what it returns. */
async function inside(body: string, port = 0): Promise<unknown> {
  const code = `
    import http from "node:http"; import https from "node:https"; import net from "node:net"; import tls from "node:tls";
    import dns from "node:dns"; import { lookup } from "node:dns/promises"; import { once } from "node:events";
    const text = async (stream) => { let all = ""; for await (const part of stream) all += part; return all; };
    export default { async run({ port }) { ${body} } };`;
  await using child = await InsideChild.withComponent(code, { egressSocket });
  const { error, returnValue } = await child.run({ port });
  assert.equal(error, null, error?.stack);
  return JSON.parse(returnValue ?? "null") as unknown;
}

describe("network inside the sandbox", () => {
  before(startProxy);
  after(() => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(dir, { recursive: true });
  });

  it("carries http requests and fetch over the tunnel, keeping the connection alive", async () => {
    const server = await listen(createHttpServer((request, response) => response.end(`hello ${request.headers.host}`)));
    const port = portOf(server);
    const body = `
      const agent = new http.Agent({ keepAlive: true });
      const viaHttp = [];
      for (let i = 0; i < 2; i++) {
        const [response] = await once(http.get({ host: "a.test", port, agent }), "response");
        viaHttp.push(await text(response));
      }
      const viaFetch = await (await fetch("http://b.test:" + port + "/")).text();
      agent.destroy();
      return [...viaHttp, viaFetch];`;
    asked.length = 0;
    assert.deepEqual(await inside(body, port), [
      `hello a.test:${port}`,
      `hello a.test:${port}`,
      `hello b.test:${port}`,
    ]);
    assert.deepEqual(asked, [`a.test:${port}`, `b.test:${port}`]);
  });

  it("carries https requests, large ones too", async () => {
    const big = "x".repeat(2_000_000);
    const server = await listen(
      createTlsServer(ANONYMOUS_TLS, (request, response) => {
        let size = 0;
        request.on("data", (bytes: Buffer) => (size += bytes.length)).on("end", () => response.end(`${size} ${big}`));
      }),
    );
    const body = `
      const request = https.request({ host: "secure.test", port, method: "POST", rejectUnauthorized: false,
        checkServerIdentity() {}, ...${JSON.stringify(ANONYMOUS_TLS)} });
      request.end("y".repeat(3_000_000));
      const [response] = await once(request, "response");
      const reply = await text(response);
      return [reply.slice(0, 9), reply.length];`;
    assert.deepEqual(await inside(body, portOf(server)), ["3000000 x", 2_000_008]);
  });

  it("carries raw sockets: writes before connect, and a greeting by the server", async () => {
    const server = await listen(
      createServer((socket) => {
        socket.write("220 ready\n");
        socket.on("data", (bytes) => socket.write(`echo ${bytes.toString()}`));
      }),
    );
    const body = `
      const socket = new net.Socket();
      const order = [];
      socket.on("connect", () => order.push("connect")).on("ready", () => order.push("ready"));
      socket.connect(port, "raw.test");
      socket.write("early");
      let seen = "";
      for await (const part of socket) { seen += part; if (seen.includes("early")) break; }
      return { seen, order, remote: [socket.remoteAddress, socket.remotePort] };`;
    const port = portOf(server);
    const result = (await inside(body, port)) as { seen: string; order: string[]; remote: unknown[] };
    assert.match(result.seen, /220 ready\n.*echo early/s);
    assert.deepEqual(result.order, ["connect", "ready"]);
    assert.deepEqual(result.remote, ["raw.test", port]);
  });

  it("upgrades a tunnelled socket to TLS, connected or still connecting", async () => {
    const server = await listen(createTlsServer(ANONYMOUS_TLS, (_request, response) => response.end("ok")));
    const body = `
      const options = { rejectUnauthorized: false, checkServerIdentity() {}, ...${JSON.stringify(ANONYMOUS_TLS)} };
      const results = [];
      for (const waits of [true, false]) {
        const plain = net.connect(port, "up.test");
        if (waits) await once(plain, "connect");
        const secure = tls.connect({ ...options, socket: plain });
        secure.write("GET / HTTP/1.1\\r\\nHost: up.test\\r\\nConnection: close\\r\\n\\r\\n");
        results.push((await text(secure)).slice(0, 15));
      }
      return results;`;
    assert.deepEqual(await inside(body, portOf(server)), ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK"]);
  });

  it("names refused and unreachable targets by the codes that libraries look for", async () => {
    const body = `
      const codeOf = async (start) => { const socket = start(); try { await once(socket, "connect"); } catch (error) { return error.code; } };
      return [
        await codeOf(() => net.connect(80, "private.test")),
        await codeOf(() => net.connect(1, "closed.test")),
        await codeOf(() => tls.connect(443, "private.test")),
        await fetch("http://private.test/").catch((error) => error.cause.code),
        await fetch("https://private.test/").catch((error) => error.cause.code),
        await lookup("gone.test").catch((error) => error.code),
        await dns.promises.resolveMx("a.test").catch((error) => error.code),
      ];`;
    const codes = ["EACCES", "ECONNREFUSED", "EACCES", "EACCES", "EACCES", "ENOTFOUND", "ENOTIMP"];
    assert.deepEqual(await inside(body), codes);
  });

  it("resolves names through the proxy in every form of dns", async () => {
    const body = `
      const callback = await new Promise((resolve) => dns.lookup("a.test", (error, address, family) => resolve([address, family])));
      const resolver = new dns.promises.Resolver();
      return [callback, await lookup("a.test", { all: true }), await dns.promises.resolve4("a.test"), await resolver.resolve("a.test"),
        await lookup("127.0.0.1"), (await lookup("localhost")).address];`;
    const address = "203.0.113.7";
    assert.deepEqual(await inside(body), [
      [address, 4],
      [{ address, family: 4 }],
      [address],
      [address],
      { address: "127.0.0.1", family: 4 },
      "127.0.0.1",
    ]);
  });

  it("reaches its own servers directly and everything else on loopback through the proxy", async () => {
    const outside = await listen(createHttpServer((_request, response) => response.end("outside")));
    const port = portOf(outside);
    const body = `
      const server = http.createServer((request, response) => response.end("own"));
      await once(server.listen(0, "127.0.0.1"), "listening");
      const own = await (await fetch("http://localhost:" + server.address().port)).text();
      const outside = await (await fetch("http://127.0.0.1:" + port)).text();
      server.close(); server.closeAllConnections();
      return [own, outside];`;
    asked.length = 0;
    assert.deepEqual(await inside(body, port), ["own", "outside"]);
    assert.deepEqual(asked, [`127.0.0.1:${port}`]);
  });

  it("reports a connection that ends before the tunnel stands", async () => {
    const silent = await listen(createServer((socket) => socket.end()));
    const body = `
      const socket = net.connect(port, "a.test");
      await once(socket, "connect");
      await once(socket.resume(), "close");
      const aborted = net.connect(port, "a.test"); aborted.destroy();
      await once(aborted, "close");
      return "closed";`;
    assert.equal(await inside(body, portOf(silent)), "closed");
  });
});
