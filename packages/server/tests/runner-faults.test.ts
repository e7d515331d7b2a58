import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import {
  type ApiCaller,
  LOOPBACK_ALLOWED,
  type Platform,
  startPlatform,
  processTree,
  programName,
  signalAll,
} from "../testing/instance/index.ts";

interface Failure {
  error: { code: string; msg: string; stack?: string };
  original_event: unknown;
}
interface HttpSource {
  id: string;
  configured_props: { http: { endpoint_url: string } };
}

const NEIGHBOUR = `export default { name: "Neighbour", version: "0.0.1", type: "source",
  props: { http: { type: "$.interface.http", customResponse: true } },
  run(event) { this.http.respond({ status: 200, body: { pong: event.body.ping } }); } };`;

/** What a component does to its runner, and the code that its run must end with on `$errors`. */
const FAULTS: Record<string, { body: string; code: RegExp; head?: string }> = {
  "loops for ever": { body: "while (true);", code: /^TIMEOUT$/ },
  "waits for ever": { body: "await new Promise(() => {});", code: /^TIMEOUT$/ },
  "blocks in a child process or a lock": {
    body: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    code: /^TIMEOUT$/,
  },
  "fills the heap with small objects": {
    body: "const keep = []; for (;;) keep.push({ a: [keep.length] });",
    code: /^OUT_OF_MEMORY$/,
  },
  "fills the heap with one string": {
    body: "const keep = []; for (let i = 0; ; i++) keep.push(JSON.stringify(new Array(1e6).fill(i)));",
    code: /^OUT_OF_MEMORY$/,
  },
  "ends its process": { body: "process.exit(3);", code: /^EXITED$/ },
  "ends its process by a signal": { body: "process.reallyExit(3);", code: /^(EXITED|INTERRUPTED)$/ },
  "writes forged frames to every descriptor": {
    head: 'import fs from "node:fs";',
    body: `const frame = Buffer.alloc(64 * 1024, 0xff);
      for (let fd = 3; fd < 40; fd++) try { fs.writeSync(fd, frame); } catch {}
      await new Promise(() => {});`,
    code: /^(PROTOCOL_ERROR|INTERRUPTED)$/,
  },
  throws: { body: "throw new Error('on purpose');", code: /^USER_ERROR$/ },
  "throws something that is no error": { body: "throw { toString() { throw 1; } };", code: /^USER_ERROR$/ },
  "returns more than a run may": {
    body: "return 'x'.repeat(20_000_000);",
    code: /^RESULT_TOO_LARGE$/,
  },
};

function faulty(fault: { body: string; head?: string }): string {
  return `${fault.head ?? ""}
    export default { name: "Faulty", version: "0.0.1", type: "source", props: { http: "$.interface.http" },
      async run(event) { if (!event.calm) { ${fault.body} } this.$emit({ calm: true }); } };`;
}

describe("a component that misbehaves", { concurrency: false }, () => {
  let platform: Platform;
  let api: ApiCaller;
  let neighbour: HttpSource;
  let stopKnocking: () => Promise<Map<number, number>>;

  before(async () => {
    platform = await startPlatform({ ...LOOPBACK_ALLOWED, MILLRACE_SOURCE_TIMEOUT_MS: "6000" });
    api = platform.api;
    neighbour = await api.data<HttpSource>("POST", "/sources", { component_code: NEIGHBOUR });
    stopKnocking = knock(endpointOf(neighbour));
  });
  after(async () => {
    const answers = await stopKnocking();
    await platform[Symbol.asyncDispose]();
    assert.deepEqual([...answers.keys()], [200], "the neighbour answers every request");
  });

  for (const [what, fault] of Object.entries(FAULTS)) {
    test(`when it ${what}, its run ends on $errors with a code, and the next one is served`, async () => {
      const source = await api.data<HttpSource>("POST", "/sources", { component_code: faulty(fault) });
      await api.call("POST", `/sources/${source.id}/run`, { event: { attempt: 1 } });
      const [failure] = await api.eventsOf<Failure>(source.id, "$errors");
      assert.match(failure?.error.code ?? "no event on $errors", fault.code, JSON.stringify(failure?.error));
      assert.deepEqual(failure?.original_event, { attempt: 1 });

      const calm = await api.call("POST", `/sources/${source.id}/run`, { event: { calm: true } });
      assert.equal(calm.status, 200, JSON.stringify(calm.body));
      assert.deepEqual(await api.eventsOf(source.id), [{ calm: true }]);
    });
  }

  test("when it floods its log, the log is cut and the run goes on", async () => {
    const flood = "for (let i = 0; i < 200_000; i++) console.log('line ' + i + ' '.repeat(200));";
    const source = await api.data<HttpSource>("POST", "/sources", { component_code: faulty({ body: flood }) });
    const reply = await api.call("POST", `/sources/${source.id}/run`, { event: {} });
    assert.equal(reply.status, 200);
    assert.ok(JSON.stringify(reply.body).length < 1_000_000, "what is kept of a log is bounded");
    assert.deepEqual(await api.eventsOf(source.id), [{ calm: true }]);
  });

  test("when its process is killed after it had an effect, the run is not repeated and ends with INTERRUPTED", async () => {
    await using receiver = await TestReceiver.start();
    const code = faulty({ body: `await fetch(event.url, { method: "POST" }); await new Promise(() => {});` });
    const source = await api.data<HttpSource>("POST", "/sources", { component_code: code });
    const running = api.call("POST", `/sources/${source.id}/run`, { event: { url: receiver.url } });
    await receiver.waitFor(1);
    signalAll(sandboxesOf(platform.instance.pid), "SIGKILL");
    await running;
    const [failure] = await api.eventsOf<Failure>(source.id, "$errors");
    assert.equal(failure?.error.code, "INTERRUPTED");
    assert.equal(receiver.requests.length, 1);
  });
});

/** The outermost processes of all sandboxes of a server. */
function sandboxesOf(serverPid: number): number[] {
  return processTree(serverPid).filter((pid) => programName(pid) === "bwrap");
}

function endpointOf(source: HttpSource): string {
  return source.configured_props.http.endpoint_url.replace("//localhost:", "//127.0.0.1:");
}

/** Asks the neighbour again and again; the returned function stops that and tells the answers by status. */
function knock(endpoint: string): () => Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let isStopped = false;
  const loop = async (): Promise<void> => {
    for (let ping = 1; !isStopped; ping++) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify({ ping }) });
      const text = await response.text();
      const status = response.ok && text !== JSON.stringify({ pong: ping }) ? 0 : response.status;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const ended = loop();
  return async () => {
    isStopped = true;
    await ended;
    return statuses;
  };
}
