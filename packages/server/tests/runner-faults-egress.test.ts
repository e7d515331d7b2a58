import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { type Platform, startPlatform } from "../testing/instance/index.ts";

/** Ways to reach out, as components do; each is given the URL of a service on this machine. */
const WAYS: Record<string, string> = {
  fetch: "await fetch(event.url);",
  "an HTTP client": "await axios(this, { url: event.url });",
  "a socket": `const { hostname: host, port } = new URL(event.url);
    await new Promise((resolve, reject) => connect({ host, port: Number(port) }, resolve).on("error", reject));`,
  "a name that means this machine": "await fetch(event.url.replace('127.0.0.1', 'localhost'));",
};

describe("user code without MILLRACE_EGRESS_ALLOW", () => {
  let platform: Platform;
  let receiver: TestReceiver;
  before(async () => {
    platform = await startPlatform({});
    receiver = await TestReceiver.start();
  });
  after(async () => {
    await platform[Symbol.asyncDispose]();
    await receiver.close();
    assert.deepEqual(receiver.requests, [], "nothing got through");
  });

  for (const [what, code] of Object.entries(WAYS)) {
    test(`does not reach this machine by ${what}, and $errors says why`, async () => {
      const component_code = `import { connect } from "node:net";
        import { axios } from "@pipedream/platform";
        export default { name: "Curious", version: "0.0.1", type: "source", async run(event) { ${code} return [connect, axios]; } };`;
      const { api } = platform;
      const source = await api.data<{ id: string }>("POST", "/sources", { component_code });
      await api.call("POST", `/sources/${source.id}/run`, { event: { url: receiver.url } });
      const [problem] = await api.eventsOf<{ error: { code: string; msg: string; stack: string } }>(
        source.id,
        "$errors",
      );
      assert.equal(problem?.error.code, "USER_ERROR");
      assert.match(`${problem.error.msg} ${problem.error.stack}`, /127\.0\.0\.1|localhost/);
      assert.match(`${problem.error.msg} ${problem.error.stack}`, /EACCES.*not an address that code may reach/);
    });
  }
});
