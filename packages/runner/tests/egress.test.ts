import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { after, before, describe, test } from "node:test";
import { sourceCode, TestHost } from "../testing/index.ts";

/** Names that a test needs, beside real addresses. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "private.test": ["10.99.0.1"],
  "metadata.test": ["169.254.169.254"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "allowed.test": ["127.0.0.7"],
  "mixed.test": ["10.0.0.1", "127.0.0.7"],
};
let rebound = 0;

async function resolve(name: string): Promise<readonly string[]> {
  if (name === "rebinding.test") return [rebound++ % 2 === 0 ? "127.0.0.7" : "127.0.0.1"];
  const found = NAMES[name];
  if (found === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" });
  return found;
}

let server: Server;
let port: number;
let host: TestHost;
before(async () => {
  server = createServer((request, response) => {
    response.end(JSON.stringify({ url: request.url, host: request.headers.host, at: request.socket.localAddress }));
  }).listen(0, "0.0.0.0");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  host = await TestHost.start({
    egress: { allow: ["127.0.0.7/32"], publicUrl: `http://127.0.0.1:${port}`, resolve },
    blankCount: 2,
  });
});
after(async () => {
  await host[Symbol.asyncDispose]();
  server.close();
});

/** What happens to a connection from inside: the text it read, or the error's code. */
async function reach(target: { host: string; port?: number }): Promise<string> {
  const code = sourceCode(
    `return new Promise((resolve) => {
      const socket = net.connect({ host: event.host, port: event.port });
      socket.on("error", (error) => resolve(error.code ?? error.message));
      socket.on("connect", () => { resolve("connected"); socket.destroy(); });
    });`,
    `import net from "node:net";`,
  );
  const event = JSON.stringify({ port: 80, ...target });
  const result = await host.run(host.deploy(code, { id: "dc_reach:1" }), { event });
  return String(JSON.parse(result.returnValue ?? "null"));
}

describe("addresses that user code may not reach", () => {
  const ownPublic = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal && !entry.address.startsWith("fe80"))
    .map((entry) => entry.address);
  const refused = [
    ...[
      "127.0.0.2",
      "127.8.8.8",
      "0.0.0.0",
      "::1",
      "::",
      "::ffff:127.0.0.2",
      "::ffff:7f00:2",
      "::ffff:10.0.0.1",
      "::7f00:1",
    ],
    ...["10.99.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "168.63.129.16", "100.100.100.200"],
    ...[
      "fd00:ec2::254",
      "fe80::1",
      "ff02::1",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "224.0.0.1",
      "255.255.255.255",
      "198.18.0.1",
    ],
    ...["private.test", "metadata.test", "mapped.test", ...ownPublic],
  ];
  for (const target of refused) {
    test(target, async () => {
      const seen = await reach({ host: target, port });
      // Loopback may be the sandbox's own, where nobody listens.
      assert.ok(["EACCES", "ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL"].includes(seen), seen);
      if (target.includes("test")) assert.equal(seen, "EACCES");
    });
  }

  test("an address in disguise is no name", async () => {
    assert.equal(await reach({ host: "2130706433", port }), "ENOTFOUND");
    assert.equal(await reach({ host: "0x7f.1", port }), "ENOTFOUND");
  });

  test("each refusal is told to the audit", () => {
    const attempts = host.events.flatMap((event) => (event.type === "egress" ? [event.attempt] : []));
    const refusal = attempts.find((attempt) => attempt.host === "metadata.test");
    assert.equal(refusal?.isAllowed, false);
    assert.match(refusal?.reason ?? "", /linkLocal/);
  });
});

describe("addresses that user code may reach", () => {
  test("what the operator allows, by name and by number", async () => {
    assert.equal(await reach({ host: "allowed.test", port }), "connected");
    assert.equal(await reach({ host: "127.0.0.7", port }), "connected");
  });

  test("a name that also leads elsewhere is connected to the allowed address only", async () => {
    assert.equal(await reach({ host: "mixed.test", port }), "connected");
  });

  test("a name that answers differently each time never leads to an address that was not checked", async () => {
    const seen = [];
    for (let round = 0; round < 6; round++) seen.push(await reach({ host: "rebinding.test", port }));
    assert.deepEqual(new Set(seen), new Set(["connected", "EACCES"]));
    const attempts = host.events.flatMap((event) => (event.type === "egress" ? [event.attempt] : []));
    for (const { address } of attempts.filter((attempt) => attempt.host === "rebinding.test" && attempt.isAllowed)) {
      assert.equal(address, "127.0.0.7");
    }
  });

  test("the platform's own public URL, that port and no other", async () => {
    const body = `const reply = await fetch(event.url); return reply.json();`;
    const result = await host.runBody(body, { event: JSON.stringify({ url: `http://127.0.0.1:${port}/v1?x=1` }) });
    assert.equal(result.error, null, JSON.stringify(result.error));
    assert.equal((JSON.parse(result.returnValue ?? "{}") as { url: string }).url, "/v1?x=1");
    const other = await host.runBody(body, { event: JSON.stringify({ url: "http://127.0.0.1:1/" }) });
    assert.notEqual(other.error, null);
  });

  test("a request that went out makes the run one with an effect", async () => {
    const body = `if (event.url) await (await fetch(event.url)).text(); return 1;`;
    const event = JSON.stringify({ url: `http://allowed.test:${port}/` });
    assert.equal((await host.runBody(body, { event })).hadEffect, true);
    assert.equal((await host.runBody(body)).hadEffect, false);
  });

  test("not while a component is being inspected", async () => {
    const code = sourceCode("", `await fetch("http://allowed.test:${port}/");`);
    await assert.rejects(host.host.inspect({ code, dependencyDir: null }, { orgId: "o_test" }), {
      name: "ComponentCodeError",
    });
  });
});
