import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { AddressPolicy } from "./address-policy.ts";
import { EgressGate, type EgressGateOptions } from "./egress-gate.ts";
import { HostResolver } from "./host-resolver.ts";

let dir: string;
let gate: EgressGate;
let echo: Server;
let web: Server;
const port = (server: Server): number => (server.address() as AddressInfo).port;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "gate-"));
  echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  web = createServer((incoming, response) => {
    response.setHeader(
      "x-seen",
      JSON.stringify([incoming.method, incoming.url, incoming.headers.host, incoming.headers["proxy-connection"]]),
    );
    incoming.pipe(response);
  }).listen(0, "127.0.0.1");
  await Promise.all([once(echo, "listening"), once(web, "listening")]);
});
after(async () => {
  echo.close();
  web.close();
  await rm(dir, { recursive: true });
});

async function openGate(options: Partial<EgressGateOptions> = {}): Promise<EgressGate> {
  const opened = new EgressGate({
    socketPath: join(dir, "gate"),
    policy: new AddressPolicy({ allow: ["127.0.0.1"] }),
    resolve: (host) => Promise.resolve(host === "two.test" ? ["127.0.0.1", "10.0.0.1"] : ["10.0.0.1"]),
    ...options,
  });
  await opened.listen();
  opened.open();
  return opened;
}
beforeEach(async () => {
  gate = await openGate();
});
afterEach(() => gate.close());

async function tunnel(authority: string): Promise<{ status: string; socket: Socket }> {
  const socket = connect({ path: join(dir, "gate"), allowHalfOpen: true });
  socket.on("error", () => undefined);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [head] = (await once(socket, "data")) as [Buffer];
  return { status: head.toString().split("\r\n")[0] ?? "", socket };
}

async function get(path: string, body = ""): Promise<{ reply: IncomingMessage; body: string }> {
  const outgoing = request({
    socketPath: join(dir, "gate"),
    path,
    method: body === "" ? "GET" : "POST",
    headers: { "proxy-connection": "keep-alive" },
  });
  outgoing.end(body);
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  return { reply, body: await text(reply) };
}

describe("the way out of a sandbox", () => {
  test("carries a tunnel both ways to its last byte, also when one side closes first", async () => {
    const { status, socket } = await tunnel(`127.0.0.1:${port(echo)}`);
    assert.match(status, / 200 /);
    const sent = "x".repeat(3_000_000);
    socket.end(sent);
    assert.equal((await text(socket)).length, sent.length);
    assert.ok(gate.sentBytes >= sent.length);
  });

  test("forwards plain http in absolute form", async () => {
    const { reply, body } = await get(`http://127.0.0.1:${port(web)}/path?q=1`, "hello");
    assert.equal(reply.statusCode, 200);
    assert.equal(body, "hello");
    assert.deepEqual(JSON.parse(String(reply.headers["x-seen"])), [
      "POST",
      "/path?q=1",
      `127.0.0.1:${port(web)}`,
      null,
    ]);
  });

  test("names the errno of a refusal", async () => {
    const { reply, body } = await get(`http://10.0.0.1/`);
    assert.deepEqual([reply.statusCode, reply.headers["millrace-error"]], [403, "EACCES"]);
    assert.match(body, /not a public address/);
    assert.match((await tunnel("10.0.0.1:80")).status, / 403 /);
    assert.match((await tunnel("nonsense")).status, / 400 /);
    assert.match((await tunnel("127.0.0.1:1")).status, / 502 /);
    assert.equal((await get("/other")).reply.headers["millrace-error"], "EINVAL");
  });

  test("tells addresses of a name, without those that are refused", async () => {
    assert.deepEqual(JSON.parse((await get("/resolve?host=two.test")).body), {
      addresses: [{ address: "127.0.0.1", family: 4 }],
    });
    assert.equal((await get("/resolve?host=private.test")).reply.headers["millrace-error"], "EACCES");
  });

  test("is shut before it is opened", async () => {
    await gate.close();
    gate = new EgressGate({
      socketPath: join(dir, "gate"),
      policy: new AddressPolicy({ allow: ["127.0.0.1"] }),
      resolve: () => Promise.resolve([]),
    });
    await gate.listen();
    assert.match((await tunnel(`127.0.0.1:${port(echo)}`)).status, / 403 /);
  });

  test("bears so many connections at a time and refuses the next", async () => {
    await gate.close();
    gate = await openGate({ maxConnections: 3 });
    const open = await Promise.all([1, 2, 3].map(() => tunnel(`127.0.0.1:${port(echo)}`)));
    assert.match((await tunnel(`127.0.0.1:${port(echo)}`)).status, / 429 /);
    open[0]?.socket.end();
    await text(open[0]?.socket ?? assert.fail());
    assert.match((await tunnel(`127.0.0.1:${port(echo)}`)).status, / 200 /);
  });

  test("ends connections over which nothing goes", async () => {
    await gate.close();
    gate = await openGate({ idleTimeoutMs: 50 });
    const { socket } = await tunnel(`127.0.0.1:${port(echo)}`);
    await once(socket, "end");
  });

  test("survives requests that are no requests", async () => {
    for (const noise of ["\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "CONNECT\r\n\r\n", "x".repeat(100_000)]) {
      const socket = connect(join(dir, "gate"));
      socket.on("error", () => undefined);
      socket.end(noise);
      socket.resume();
      await new Promise((closed) => socket.once("close", closed));
    }
    assert.equal((await get(`http://127.0.0.1:${port(web)}/`)).reply.statusCode, 200);
  });
});

test("names in the hosts file are resolved without DNS", async () => {
  assert.ok((await new HostResolver().resolve("localhost")).length > 0);
});
