import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../bin/millrace.mjs", import.meta.url));
let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  await chmod(dir, 0o711);
  await mkdir(join(dir, "sources"));
  await writeFile(
    join(dir, "acme.app.mjs"),
    `export default { type: "app", app: "acme", methods: { key() { return this.$auth.api_key } } };`,
  );
  await writeFile(
    join(dir, "sources/new.mjs"),
    `import acme from "../acme.app.mjs";
    import ms from "ms@2.1.3";
    export default {
      name: "New thing", version: "0.0.1",
      props: { acme, db: "$.service.db", who: "string", times: { type: "integer", default: 2 } },
      hooks: { async deploy() { this.$emit({ from: "deploy" }); } },
      async run(event) {
        console.log("hello", this.who);
        const count = (this.db.get("count") ?? 0) + 1;
        this.db.set("count", count);
        this.$emit({ event, count, times: this.times, hour: ms("1h"), key: this.acme.key() }, { id: count, summary: "thing" });
        if (event.fail) throw new Error("as asked");
        return count;
      },
    };`,
  );
});
after(() => rm(dir, { recursive: true, force: true }));

async function millrace(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, XDG_CACHE_HOME: join(dir, "cache") },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

function parsed(out: string): { status: string; emits: { event: unknown }[] } {
  return JSON.parse(out) as { status: string; emits: { event: unknown }[] };
}

const given = ["--props", `{"who":"you"}`, "--auth", `{"acme":{"api_key":"k"}}`];

test("A component with its relative files and packages runs once and prints what it did", async () => {
  const { code, out, err } = await millrace("run", join(dir, "sources/new.mjs"), ...given, "--event", `{"a":1}`);
  assert.equal(code, 0, err);
  assert.match(out, /^New thing 0\.0\.1 \(source\)/);
  assert.match(out, /console\.log {2}hello you/);
  assert.match(out, /emit {2}\[id 1, thing\]/);
  assert.match(out, /return {2}1/);
});

test("The state file keeps $.service.db from one run to the next, and --json is for programs", async () => {
  const state = join(dir, "state.json");
  const args = ["run", join(dir, "sources/new.mjs"), ...given, "--state", state, "--json"];
  await millrace(...args);
  const { out } = await millrace(...args);
  const report = parsed(out);
  assert.deepEqual(report.emits[0]?.event, { event: {}, count: 2, times: 2, hour: 3_600_000, key: "k" });
  assert.equal(report.status, "success");
  assert.deepEqual(JSON.parse(await readFile(state, "utf8")), { count: 2 });
});

test("An action runs as a step of a workflow and prints what it exports", async () => {
  const file = join(dir, "sources/action.mjs");
  await writeFile(
    file,
    `export default { name: "Act", version: "1.0.0", type: "action", props: { text: "string" },
      async run({ $, steps }) { $.export("$summary", this.text); $.send.emit({ a: 1 }); $.flow.delay(5); return [steps.one.$return_value, process.env.TOKEN]; } };`,
  );
  const args = [file, "--event", `{"n":7}`, "--steps", `{"one":{"$return_value":"x"}}`, "--env", `{"TOKEN":"t"}`];
  const props = ["--props", `{"text":"{{event.n}} {{process.env.TOKEN}}"}`];
  const { code, out, err } = await millrace("run", ...args, ...props);
  assert.equal(code, 0, err);
  assert.match(out, /export {2}\$summary = "7 t"/);
  assert.match(out, /send {2}emit \{/);
  assert.match(out, /flow {2}\{"kind":"delay","delayMs":5\}/);
  const report = JSON.parse((await millrace("run", ...args, ...props, "--json")).out) as {
    return_value: unknown;
    step: { props: unknown };
  };
  assert.deepEqual(report.return_value, ["x", null]);
  assert.deepEqual(report.step.props, { text: "7 {{process.env.TOKEN}}" });
});

test("A hook can be run instead", async () => {
  const { code, out } = await millrace("run", join(dir, "sources/new.mjs"), ...given, "--hook", "deploy", "--json");
  assert.equal(code, 0);
  assert.deepEqual(parsed(out).emits[0]?.event, { from: "deploy" });
});

test("A run that throws ends with code 1 and the user's own stack, after what it emitted", async () => {
  const { code, out } = await millrace("run", join(dir, "sources/new.mjs"), ...given, "--event", `{"fail":true}`);
  assert.equal(code, 1);
  assert.match(out, /emit {2}/);
  assert.match(out, /error USER_ERROR {2}Error: as asked\n {4}at .*sources\/new\.mjs:12/);
});

test("What cannot be started ends with code 2 and says why", async () => {
  const cases: [string[], RegExp][] = [
    [["run", join(dir, "none.mjs")], /none\.mjs was not found/],
    [["run", join(dir, "sources/new.mjs")], /who \(string\)/],
    [["run", join(dir, "sources/new.mjs"), "--event", "{"], /--event is not JSON/],
    [["run", join(dir, "sources/new.mjs"), "--hook", "x"], /--hook is one of/],
  ];
  for (const [args, text] of cases) {
    const { code, err } = await millrace(...args);
    assert.equal(code, 2, err);
    assert.match(err, text);
  }
});

test("Asking for help with the server does not start it", async () => {
  const { code, out } = await millrace("start", "--help");
  assert.equal(code, 0);
  assert.match(out, /Start the server/);
});
