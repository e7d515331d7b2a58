import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ensureFirstUser, type FirstCredentials } from "../src/accounts/index.ts";
import { Mailer } from "../src/egress/index.ts";
import { ErrorMails, type RunFailure } from "../src/workflows/destinations/index.ts";
import { TestMailServer, testDatabase, type TestDatabase } from "../testing/index.ts";

const NOW_MS = Date.UTC(2030, 0, 1);
const DAY_MS = 24 * 3_600_000;
let database: TestDatabase;
let user: FirstCredentials;
let mailServer: TestMailServer;
let faults: unknown[] = [];
before(async () => {
  database = await testDatabase({ poolSize: 8 });
  mailServer = await TestMailServer.start();
  const made = await ensureFirstUser(database.db, { keep: async () => {} });
  assert.ok(made);
  user = made;
});
after(async () => {
  await mailServer[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function errorMails(options: { hasMail?: boolean; url?: string } = {}): ErrorMails {
  const mailer = new Mailer({ url: options.url ?? mailServer.url, from: "m@example.com" });
  return new ErrorMails({
    db: database.db,
    mailer: options.hasMail === false ? null : mailer,
    onError: (error) => void faults.push(error),
  });
}

async function failureOf(workflowId: string): Promise<RunFailure> {
  const { org_id, user_id } = user;
  const row = { org_id, workflow_id: workflowId, project_id: null, user_id, name: "w", deployment_id: "d" };
  await database.db.kysely
    .insertInto("workflows")
    .values({ ...row, pending_deployment_id: null, created_at_ms: 1, updated_at_ms: 1 })
    .execute();
  const error = { name: "TypeError", message: "no order 17", stack: "at step.js:1" };
  const run = { orgId: org_id, workflowId, workflowName: "Orders", runId: "r1", userId: user_id };
  return { ...run, namespace: "code", error, atMs: NOW_MS };
}

test("of many failures at once with one error the owner gets one mail, and another a day later", async () => {
  const failure = await failureOf("p_many");
  const mails = errorMails();
  const told = await Promise.all(Array.from({ length: 20 }, () => mails.tell(failure)));
  assert.deepEqual(told.toSorted(), [...Array.from({ length: 19 }, () => "repeated"), "sent"]);
  assert.equal(mailServer.mails.length, 1);
  assert.equal(mailServer.mails[0]?.mail.subject, "[Millrace] Orders: TypeError");
  assert.match(mailServer.mails[0]?.mail.text ?? "", /no order 17[^]*at step\.js:1[^]*Run r1/);
  const renumbered = { ...failure, error: { name: "TypeError", message: "no order 18" } };
  assert.equal(await mails.tell({ ...renumbered, atMs: NOW_MS + DAY_MS - 1 }), "repeated");
  assert.equal(await mails.tell({ ...failure, atMs: NOW_MS + DAY_MS }), "sent");
});

test("another error, step or workflow is told as well, up to 20 a day", async () => {
  const failure = await failureOf("p_other");
  const mails = errorMails();
  assert.equal(await mails.tell(failure), "sent");
  assert.equal(await mails.tell({ ...failure, namespace: "second" }), "sent");
  assert.equal(await mails.tell({ ...failure, error: { name: "RangeError", message: "no order 17" } }), "sent");
  const told = [];
  for (let letter = 0; letter < 25; letter++) {
    told.push(await mails.tell({ ...failure, error: { name: "E".repeat(letter + 1), message: "x" } }));
  }
  assert.equal(told.filter((outcome) => outcome === "sent").length, 17);
});

test("a mail that surely did not go out does not count as told", async () => {
  const failure = await failureOf("p_down");
  assert.equal(await errorMails({ url: "smtp://127.0.0.1:1" }).tell(failure), "failed");
  assert.equal(faults.length, 1);
  faults = [];
  mailServer.refuseWith = 450;
  assert.equal(await errorMails().tell(failure), "failed");
  mailServer.refuseWith = null;
  assert.equal(await errorMails().tell(failure), "sent");
});

test("without a mail server, an owner or the workflow nothing is sent", async () => {
  const failure = await failureOf("p_none");
  assert.equal(await errorMails({ hasMail: false }).tell(failure), "not_configured");
  assert.equal(await errorMails().tell({ ...failure, userId: null }), "no_recipient");
  assert.equal(await errorMails().tell({ ...failure, workflowId: "p_deleted" }), "repeated");
});

test("old mails are forgotten", async () => {
  await errorMails().prune(NOW_MS + 3 * DAY_MS);
  const { rows } = await database.db.query("select from workflow_error_mails");
  assert.equal(rows.length, 0);
});
