import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Egress, type EgressErrorCode, type EgressRequest } from "./index.ts";

const LIMITS = { timeoutMs: 2_000, maxBytes: 1_000 };

async function serve(listener: RequestListener): Promise<{ url: string; port: number } & AsyncDisposable> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function failure(egress: Egress, request: Partial<EgressRequest> & { url: string }): Promise<EgressErrorCode> {
  const error: unknown = await egress.request({ ...LIMITS, ...request }).then(
    (reply) => assert.fail(`answered ${reply.status}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error && "code" in error);
  return error.code as EgressErrorCode;
}

const local = new Egress({ rules: { allow: ["127.0.0.0/8"] } });

test("loopback, private, link-local and metadata addresses are refused, however they are written", async () => {
  const egress = new Egress({ rules: { allow: [] } });
  for (const host of [
    "127.0.0.1",
    "[::1]",
    "10.1.2.3",
    "169.254.169.254",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "0x7f.1",
    "localhost",
  ]) {
    assert.equal(await failure(egress, { url: `http://${host}:9/` }), "blocked", host);
  }
});

test("a name is judged by what it resolves to, and the connection goes to that address", async () => {
  await using server = await serve((request, response) => response.end(request.headers.host));
  const answers = [["127.0.0.1"], ["10.0.0.1"]];
  const egress = new Egress({ rules: { allow: ["127.0.0.1"] }, resolve: async () => answers.shift() ?? [] });
  const reply = await egress.request({ ...LIMITS, url: `http://rebind.test:${server.port}/` });
  assert.equal(reply.body.toString(), `rebind.test:${server.port}`);
  assert.equal(await failure(egress, { url: "http://other.test/" }), "blocked");
  assert.equal(await failure(egress, { url: "http://nowhere.test/" }), "dns");
});

test("each redirect is vetted, limited, and leaves credentials behind when it leaves the origin", async () => {
  await using target = await serve((request, response) => response.end(String(request.headers.authorization)));
  await using server = await serve((request, response) => {
    const location = { "/out": target.url, "/in": "http://10.0.0.1/", "/loop": "/loop" }[request.url ?? ""] ?? "/";
    response.writeHead(302, { location }).end();
  });
  const headers = { authorization: "Bearer secret" };
  const reply = await local.request({ ...LIMITS, url: `${server.url}/out`, headers, maxRedirects: 3 });
  assert.equal(reply.body.toString(), "undefined");
  assert.equal(await failure(local, { url: `${server.url}/in`, maxRedirects: 3 }), "blocked");
  assert.equal(await failure(local, { url: `${server.url}/loop`, maxRedirects: 3 }), "too_many_redirects");
  assert.equal((await local.request({ ...LIMITS, url: `${server.url}/out` })).status, 302);
});

test("a body that is too large fails or is cut, as asked", async () => {
  await using server = await serve((_request, response) => response.end(Buffer.alloc(10_000, "x")));
  assert.equal(await failure(local, { url: server.url }), "too_large");
  const reply = await local.request({ ...LIMITS, url: server.url, whenTooLarge: "cut" });
  assert.deepEqual([reply.body.length, reply.isCut], [1_000, true]);
});

test("every way to fail has its code", async () => {
  await using slow = await serve(() => {});
  await using rude = await serve((request) => request.socket.destroy());
  assert.equal(await failure(local, { url: slow.url, timeoutMs: 50 }), "timeout");
  assert.equal(await failure(local, { url: rude.url }), "hang_up");
  assert.equal(await failure(local, { url: "http://127.0.0.1:1/" }), "connect");
  assert.equal(await failure(local, { url: slow.url.replace("http:", "https:") }), "tls");
  assert.equal(await failure(local, { url: "ftp://127.0.0.1/" }), "invalid_url");
  assert.equal(await failure(local, { url: "no url" }), "invalid_url");
  assert.equal(await failure(local, { url: slow.url, signal: AbortSignal.abort() }), "aborted");
});
