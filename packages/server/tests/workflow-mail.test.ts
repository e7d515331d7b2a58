import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { createTransport } from "nodemailer";
import { startTestServer, TestMailServer } from "../testing/index.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const CODE = `export default {
  props: { store: { type: "data_store" } },
  async run({ steps, $ }) {
    const { subject } = steps.trigger.event;
    $.send.email({ subject: "Re: " + subject, text: "count " + (await this.store.increment("count", 1)) });
    if (subject === "bad") throw new TypeError("bad mail 17");
  },
};`;

test("a mail runs its workflow, which counts it and answers its owner; failures are mailed once", async () => {
  await using outgoing = await TestMailServer.start();
  const port = await freePort();
  await using server = await startTestServer({
    env: { MILLRACE_SMTP_PORT: String(port), MILLRACE_SMTP_URL: outgoing.url, MILLRACE_MAIL_DOMAIN: "mail.example" },
  });
  const made = await server.call("POST", "/data_stores", { name: "counts" });
  const store = (made.body as { data: { id: string } }).data.id;
  const workflow = await TestWorkflow.create(server, {
    triggers: [{ type: "email" }],
    steps: [{ namespace: "code", code: CODE, props: { store } }],
  });
  const address = workflow.data.triggers[0]?.["email_address"];
  assert.ok(typeof address === "string");
  assert.match(address, /^em\w+@mail\.example$/);
  const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
  const send = (subject: string): Promise<unknown> =>
    transport.sendMail({ from: "a@example.com", to: address, subject, text: "t" });
  const subjects = (): string[] => outgoing.mails.map(({ mail }) => mail.subject ?? "").toSorted();
  await send("one");
  await eventually(async () => outgoing.mails.length === 1);
  assert.match(outgoing.mails[0]?.mail.text ?? "", /^count 1/);
  assert.equal((await server.call("DELETE", `/data_stores/${store}`)).status, 409);
  await send("bad");
  await eventually(async () => outgoing.mails.length >= 3);
  await send("bad");
  await eventually(async () => outgoing.mails.length >= 4);
  const failure = outgoing.mails.find(({ mail }) => mail.subject?.startsWith("[Millrace]"));
  assert.match(failure?.mail.text ?? "", /TypeError: bad mail 17/);
  assert.deepEqual(subjects(), ["Re: bad", "Re: bad", "Re: one", "[Millrace] Untitled workflow: TypeError"]);
});
