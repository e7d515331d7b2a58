import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sourceCode, TestHost } from "../testing/index.ts";

let host: TestHost;
before(async () => {
  host = await TestHost.start({ tier: "A", blankCount: 2 });
});
after(() => host[Symbol.asyncDispose]());

const FS = `import * as fs from "node:fs"; import * as os from "node:os"; import * as net from "node:net";
const tryTo = (what) => { try { return what(); } catch (error) { return error.code ?? error.name; } };`;

async function valueOf(body: string, env: Record<string, string> = {}): Promise<unknown> {
  const result = await host.run(host.deploy(sourceCode(body, FS), { env }));
  assert.equal(result.error, null, JSON.stringify(result.error));
  return JSON.parse(result.returnValue ?? "null") as unknown;
}

describe("a tier A sandbox", () => {
  test("sees nothing of the host's files", async () => {
    assert.deepEqual(await valueOf(`return fs.readdirSync("/").sort();`), [
      ...["bin", "dev", "etc", "lib", "lib64", "proc", "rt", "run", "store", "tmp"],
    ]);
    assert.deepEqual(await valueOf(`return fs.readdirSync("/etc").sort();`), [
      "group",
      "hosts",
      "nsswitch.conf",
      "passwd",
    ]);
    await writeFile(join(host.dir, "secret"), "s");
    assert.equal(
      await valueOf(`return tryTo(() => fs.readFileSync(${JSON.stringify(join(host.dir, "secret"))}, "utf8"));`),
      "ENOENT",
    );
  });

  test("has no environment but the deployment's", async () => {
    const env = await valueOf(`return { ...process.env };`, { PD_COMPONENT: "dc_1" });
    assert.deepEqual(env, { PD_COMPONENT: "dc_1", PWD: "/tmp" });
  });

  test("has no privileges, no way to gain any, and a filter on system calls", async () => {
    const status = await valueOf(`return fs.readFileSync("/proc/self/status", "utf8");`);
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(String(status))?.[1];
    assert.deepEqual(["CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp"].map(field), [
      "0000000000000000",
      "0000000000000000",
      "0000000000000000",
      "1",
      "2",
    ]);
  });

  test("sees no process but its own", async () => {
    assert.deepEqual(await valueOf(`return [process.pid, fs.readdirSync("/proc").filter((n) => Number(n) > 0)];`), [
      1,
      ["1"],
    ]);
  });

  test("can write to /tmp and nowhere else", async () => {
    const paths = ["/x", "/dev/x", "/dev/shm/x", "/etc/x", "/rt/x", "/run/x", "/store/x", "/bin/x", "/tmp/x"];
    const codes = await valueOf(
      `return ${JSON.stringify(paths)}.map((p) => tryTo(() => fs.writeFileSync(p, "1") ?? "written"));`,
    );
    assert.deepEqual(codes, [...Array<string>(8).fill("EROFS"), "written"]);
  });

  test("knows localhost and its user, so that ordinary libraries work", async () => {
    assert.equal(await valueOf(`return os.userInfo().username;`), "runner");
    const echoed = await valueOf(`
      const server = net.createServer((s) => s.end("own")).listen(0, "127.0.0.1");
      await new Promise((r) => server.once("listening", r));
      const socket = net.connect(server.address().port, "localhost"); let text = "";
      for await (const part of socket) text += part; server.close(); return text;`);
    assert.equal(echoed, "own");
  });

  test("reaches no port of the host, not even with sockets that the network hook does not know", async () => {
    const server = createServer((socket) => socket.end("host")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const body = `const { TCP, constants, TCPConnectWrap } = process.binding("tcp_wrap");
      const raw = new TCP(constants.SOCKET); const request = new TCPConnectWrap();
      return new Promise((resolve) => { request.oncomplete = (status) => resolve(status);
        const error = raw.connect(request, "127.0.0.1", () => ${port}); if (error) resolve(error); });`;
    const result = await host.run(host.deploy(sourceCode(body.replace(`() => ${port}`, `${port}`), FS)));
    server.close();
    assert.notEqual(result.returnValue, "0");
  });

  test("cannot send datagrams out", async () => {
    const code = sourceCode(
      `const socket = dgram.createSocket("udp4");
       return new Promise((resolve) => { socket.on("error", (e) => resolve(e.code));
         socket.send("x", 53, "169.254.169.254", (e) => resolve(e ? e.code : "sent")); });`,
      `import dgram from "node:dgram";`,
    );
    assert.notEqual((await host.run(host.deploy(code))).returnValue, '"sent"');
  });

  test("does not reach abstract sockets of the host", async () => {
    const name = `\0millrace-test-${process.pid}`;
    const server = createServer((socket) => socket.end("host")).listen(name);
    await once(server, "listening");
    const code = await valueOf(`return new Promise((resolve) => {
      const socket = net.connect(${JSON.stringify(name)}); socket.on("error", (e) => resolve(e.code)); socket.on("connect", () => resolve("reached")); });`);
    server.close();
    assert.notEqual(code, "reached");
  });
});

test("two sandboxes cannot see each other's files, environment or processes", async () => {
  const body = `
    fs.writeFileSync("/tmp/mine", process.env.SECRET);
    await new Promise((r) => setTimeout(r, 300));
    const pids = fs.readdirSync("/proc").filter((n) => Number(n) > 0);
    const seen = fs.readdirSync("/tmp").map((n) => fs.readFileSync("/tmp/" + n, "utf8"));
    const environs = pids.map((pid) => tryTo(() => fs.readFileSync("/proc/" + pid + "/environ", "utf8")));
    const killed = [1000, 5000].map((pid) => tryTo(() => process.kill(pid, 9)));
    return { pids, seen, environs, killed, uid: fs.statSync("/tmp/mine").uid };`;
  const both = await Promise.all(["left", "right"].map((SECRET) => valueOf(body, { SECRET })));
  both.forEach((saw, index) => {
    assert.deepEqual(saw, {
      pids: ["1"],
      seen: [index === 0 ? "left" : "right"],
      environs: ["PWD=/tmp\0"],
      killed: ["ESRCH", "ESRCH"],
      uid: 1000,
    });
  });
});

test("runs of one deployment share a process, deployments never do", async () => {
  const deployment = host.deploy(
    sourceCode("globalThis.count = (globalThis.count ?? 0) + 1; return globalThis.count;"),
  );
  assert.equal((await host.run(deployment)).returnValue, "1");
  assert.equal((await host.run(deployment)).returnValue, "2");
  assert.equal((await host.run({ ...deployment, id: "dc_other:1" })).returnValue, "1");
});
