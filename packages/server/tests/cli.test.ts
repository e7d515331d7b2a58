import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startTestServer, type TestServer } from "../testing/index.ts";
import { nodeStep, runIn, startRun, workflowOf } from "../testing/test-runs.ts";
import { TestSource } from "../testing/test-source.ts";

const BIN = fileURLToPath(new URL("../../cli/bin/millrace.mjs", import.meta.url));

let server: TestServer;
let home: string;
before(async () => {
  [server, home] = await Promise.all([startTestServer(), mkdtemp(join(tmpdir(), "millrace-cli-"))]);
});
after(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

interface Ended {
  code: number;
  out: string;
  err: string;
}

const env = () => ({ PATH: process.env["PATH"] ?? "", HOME: home, XDG_CONFIG_HOME: home });

/** Runs a command as it runs in a script: no terminal, no settings but the profile. */
function millrace(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { env: env(), cwd: home }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await millrace(...args);
  assert.equal(code, 0, err);
  return out;
}

const logIn = (): Promise<string> => succeed("login", "--url", server.url, "--key", server.apiKey);
const EMITTING = `{ props: { http: "$.interface.http" }, run(event) { this.$emit(event.body) } }`;

test("a login is kept for later commands, readable by its owner alone, until the logout", async () => {
  const before = await millrace("whoami");
  assert.deepEqual([before.code, /millrace login/.test(before.err)], [2, true]);
  const wrong = await millrace("login", "--url", server.url, "--key", "wrong");
  assert.equal(wrong.code, 1);
  assert.match(await logIn(), /^Logged in as /);
  assert.equal((await stat(join(home, "millrace/config"))).mode & 0o777, 0o600);
  await succeed("login", "-p", "second", "--url", `${server.url}/v1`, "--key", server.apiKey);
  assert.equal((JSON.parse(await succeed("whoami", "-p", "second", "--json")) as { id: string }).id, server.userId);
  await succeed("logout", "-p", "second");
  assert.equal((await millrace("whoami", "-p", "second")).code, 2);
  await succeed("whoami");
  await succeed("logout");
  assert.equal((await millrace("logout")).code, 2);
});

test("sources are listed, described, changed and deleted by name", async () => {
  await logIn();
  const source = await TestSource.deploy(server, { code: EMITTING, name: "Orders" });
  assert.match(await succeed("list"), new RegExp(`Orders +${source.id} +active`));
  assert.match(await succeed("list", "streams"), new RegExp(`${source.id}/sse`));
  assert.match(await succeed("describe", "Orders", "--code"), /this\.\$emit/);
  assert.match(await succeed("update", "orders", "--deactivate"), /is inactive/);
  assert.match(await succeed("update", source.id, "--name", "Purchases", "--activate"), /^Purchases .* is active/);
  assert.equal((await millrace("update", "Purchases")).code, 2);
  assert.equal((await millrace("list", "nonsense")).code, 2);
  await succeed("delete", "Purchases");
  const gone = await millrace("events", "Purchases");
  assert.deepEqual([gone.code, /list sources/.test(gone.err)], [2, true]);
  assert.equal((await millrace("describe", source.id)).code, 1);
});

test("events are shown, the newest last, and followed as they come", async () => {
  await logIn();
  const source = await TestSource.deploy(server, { code: EMITTING, name: "Followed" });
  const emit = (n: number) => server.call("POST", `/sources/${source.id}/events`, { event: { n } });
  for (const n of [1, 2, 3]) await emit(n);
  const shown = await succeed("events", "Followed", "-n", "2", "--json");
  const events = shown.trim().split("\n");
  assert.deepEqual(
    events.map((line) => (JSON.parse(line) as { event: { n: number } }).event.n),
    [2, 3],
  );
  const child = spawn(process.execPath, [BIN, "events", "Followed", "-n", "1", "-f"], { env: env() });
  let out = "";
  const seen = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = () => out.includes(text) && resolve();
      child.stdout.on("data", look);
      look();
    });
  child.stdout.on("data", (chunk) => (out += String(chunk)));
  await seen('{"n":3}');
  // The stream may open a moment after the list: it is sent to until it shows something.
  const sending = setInterval(() => void emit(4), 200);
  await seen('{"n":4}');
  clearInterval(sending);
  child.kill("SIGINT");
});

test("runs are shown and replayed, at a terminal within its width", async () => {
  await logIn();
  const workflow = await workflowOf(server, [nodeStep("code", `throw new Error("${"long ".repeat(40)}");`)]);
  const runId = await startRun(workflow);
  await runIn(server, runId, "error");
  assert.match(await succeed("runs", workflow.id), new RegExp(`error +${runId} +Error: long long`));
  assert.match(await succeed("replay", runId), /^Runs again as /);
  assert.equal((await millrace("replay", "nothing")).code, 1);
  const command = `stty cols 80; '${process.execPath}' '${BIN}' runs ${workflow.id}`;
  const terminal = { env: { ...env(), TERM: "xterm" } };
  const { stdout: atTerminal } = await promisify(execFile)("/usr/bin/script", ["-qec", command, "/dev/null"], terminal);
  const lines = atTerminal.trimEnd().split("\r\n");
  assert.ok(atTerminal.includes("\u001B[2m"), "the headings are dimmed");
  assert.ok(
    lines.slice(1).every((line) => line.length <= 80 && line.endsWith("…")),
    atTerminal,
  );
});
