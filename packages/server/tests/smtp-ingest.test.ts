import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { createTransport } from "nodemailer";
import { ensureFirstUser } from "../src/accounts/index.ts";
import { ApiError } from "../src/core/index.ts";
import type { EventDraft } from "../src/events/index.ts";
import { UploadedFiles } from "../src/ingest/http/index.ts";
import { SmtpIngest } from "../src/ingest/smtp/index.ts";
import { DiskObjects } from "../src/objects/index.ts";
import { EmailTriggers } from "../src/workflows/email/index.ts";
import { testDatabase, type TestDatabase } from "../testing/index.ts";

const KEY = "em0123456789abc";
let database: TestDatabase;
let dir: string;
let files: UploadedFiles;
before(async () => {
  [database, dir] = await Promise.all([testDatabase(), mkdtemp(join(tmpdir(), "mail-"))]);
  files = new UploadedFiles({
    objects: new DiskObjects({ dir }),
    publicUrl: "http://x.example",
    signingKey: Buffer.from("k".repeat(32)),
  });
  const user = await ensureFirstUser(database.db, { keep: async () => {} });
  assert.ok(user);
  const { org_id, user_id } = user;
  for (const [workflow_id, key, active] of [
    ["p_on", KEY, true],
    ["p_two", `${KEY}2`, true],
    ["p_off", `${KEY}off`, false],
  ] as const) {
    const at = { created_at_ms: 1, updated_at_ms: 1 };
    const row = { org_id, workflow_id, project_id: null, user_id, name: "w", deployment_id: "d", active, ...at };
    await database.db.kysely
      .insertInto("workflows")
      .values({ ...row, pending_deployment_id: null })
      .execute();
    await database.db.kysely
      .insertInto("workflow_triggers")
      .values({
        org_id,
        workflow_id,
        trigger_id: `ei_${workflow_id}`,
        position: 0,
        kind: "email",
        key,
        config: "",
        ...at,
      })
      .execute();
  }
});
after(async () => {
  await rm(dir, { recursive: true });
  await database[Symbol.asyncDispose]();
});

/** The listener on a log that only keeps what it is given. */
class Mailbox {
  readonly drafts: EventDraft[] = [];
  failure: Error | null = null;
  port = 0;
  readonly faults: unknown[] = [];
  readonly #ingest: SmtpIngest;

  private constructor(limits: { sizeLimitBytes?: number; ratePerMinute?: number }) {
    this.#ingest = new SmtpIngest({
      log: {
        append: async (drafts) => {
          if (this.failure) throw this.failure;
          this.drafts.push(...drafts);
          return [];
        },
      },
      triggers: new EmailTriggers({ db: database.db }),
      ...{ files, host: "127.0.0.1", port: 0, name: "mail.example" },
      sizeLimitBytes: limits.sizeLimitBytes ?? 1_000_000,
      ratePerMinute: limits.ratePerMinute ?? 100,
      onError: (error) => void this.faults.push(error),
    });
  }
  static async open(limits: { sizeLimitBytes?: number; ratePerMinute?: number } = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(limits);
    mailbox.port = await mailbox.#ingest.start();
    return mailbox;
  }
  async send(mail: object): Promise<unknown> {
    const transport = createTransport({ host: "127.0.0.1", port: this.port, ignoreTLS: true });
    return (transport.sendMail as (mail: object) => Promise<unknown>).call(transport, {
      from: "a@example.com",
      ...mail,
    });
  }
  event(): Record<string, unknown> {
    return JSON.parse(this.drafts.at(-1)?.payload ?? "null") as Record<string, unknown>;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ingest.stop();
  }
}
const answered = (code: number) => (error: unknown) =>
  error instanceof Error && "responseCode" in error && error.responseCode === code;

test("a mail becomes an event of its trigger, for its workflow", async () => {
  await using mailbox = await Mailbox.open();
  await mailbox.send({
    from: '"Ännä" <anna@example.com>',
    to: [`${KEY.toUpperCase()}+tag@mail.example`],
    cc: "c@example.org",
    envelope: { from: "bounce@example.com", to: `${KEY}+tag@mail.example` },
    subject: "Grüße",
    text: "täxt",
    html: "<b>hi</b>",
    headers: { "X-Mine": ["1", "2"] },
    attachments: [
      { filename: "a.txt", content: "ü".repeat(5_001) },
      { filename: "b.bin", content: Buffer.from([1, 2, 3]) },
    ],
  });
  assert.partialDeepStrictEqual(mailbox.drafts, [
    { emitterId: "ei_p_on", channel: "$trigger", directListenerId: "p_on" },
  ]);
  const event = mailbox.event();
  assert.partialDeepStrictEqual(event, {
    mail: { source: "bounce@example.com", destination: [`${KEY}+tag@mail.example`] },
    receipt: { recipients: [`${KEY}+tag@mail.example`] },
    headers: { "x-mine": ["1", "2"], subject: "Grüße" },
    from: { value: [{ address: "anna@example.com", name: "Ännä" }] },
    cc: { value: [{ address: "c@example.org", name: "" }], text: "c@example.org" },
    subject: "Grüße",
  });
  assert.equal(String(event["text"]).trim(), "täxt");
  assert.equal(String(event["html"]).trim(), "<b>hi</b>");
  const [one, two] = event["attachments"] as Record<string, unknown>[];
  assert.partialDeepStrictEqual(one, {
    filename: "a.txt",
    contentType: "text/plain",
    contentTruncated: true,
    size: 10_002,
  });
  assert.equal(one?.["content"], "ü".repeat(5_000));
  assert.partialDeepStrictEqual(two, { filename: "b.bin", size: 3, content: null, contentTruncated: true });
  const link = new URL(String(two?.["contentUrl"]));
  const file = await files.open(link.pathname + link.search, Date.now());
  assert.ok(file);
  assert.equal(await text(file.stream), "\x01\x02\x03");
  for (const name of ["timestamp", "cron", "interval_seconds"]) assert.ok(!(name in event));
});

test("a recipient that no active workflow has is refused at RCPT, and nothing is relayed", async () => {
  await using mailbox = await Mailbox.open();
  for (const to of ["someone@example.com", `${KEY}x@mail.example`, `${KEY}off@mail.example`, "+@x.de"]) {
    await assert.rejects(mailbox.send({ to, envelope: { from: "a@example.com", to } }), answered(550), to);
  }
  assert.equal(mailbox.drafts.length, 0);
});

test("one message to two workflows becomes two events; unknown recipients beside them do not hinder it", async () => {
  await using mailbox = await Mailbox.open();
  const to = [`${KEY}@x`, `${KEY}2@x`, `${KEY}+again@x`, "nobody@x"];
  await mailbox.send({ envelope: { from: "a@example.com", to }, to, subject: "s", text: "t" });
  assert.deepEqual(new Set(mailbox.drafts.map((draft) => draft.directListenerId)), new Set(["p_on", "p_two"]));
  assert.equal(mailbox.drafts.length, 2);
});

test("at the upload domain a mail is kept raw", async () => {
  await using mailbox = await Mailbox.open();
  await mailbox.send({ to: `${KEY}@upload.mail.example`, subject: "raw one", text: "t" });
  const { mail } = mailbox.event() as { mail: { content_url: string } };
  const link = new URL(mail.content_url);
  const file = await files.open(link.pathname + link.search, Date.now());
  assert.ok(file);
  assert.match(await text(file.stream), /^[^]*Subject: raw one\r\n/);
});

test("a message over the limit is refused, announced or not", async () => {
  await using mailbox = await Mailbox.open({ sizeLimitBytes: 10_000 });
  await assert.rejects(mailbox.send({ to: `${KEY}@x`, text: "x".repeat(20_000) }), answered(552));
  const talk = await Dialogue.open(mailbox.port);
  await talk.say("EHLO x", "MAIL FROM:<a@b.de>", `RCPT TO:<${KEY}@x>`, "DATA");
  assert.match(await talk.say(`Subject: s\r\n\r\n${"x".repeat(900)}\r\n`.repeat(20) + "\r\n."), /^552 /);
  talk.end();
  assert.equal(mailbox.drafts.length, 0);
});

test("a mail bomb is told to come back later, and other mailboxes do not feel it", async () => {
  await using mailbox = await Mailbox.open({ ratePerMinute: 3 });
  const mail = { to: `${KEY}@x`, text: "t" };
  for (let count = 0; count < 3; count++) await mailbox.send(mail);
  await assert.rejects(mailbox.send(mail), answered(452));
  await assert.rejects(mailbox.send({ to: `${KEY}+other@x`, text: "t" }), answered(452));
  await mailbox.send({ to: `${KEY}2@x`, text: "t" });
  assert.equal(mailbox.drafts.length, 4);
});

test("what is not written down is not accepted: the sender is told to try again", async () => {
  await using mailbox = await Mailbox.open();
  mailbox.failure = new ApiError("unavailable", "the database is away");
  await assert.rejects(mailbox.send({ to: `${KEY}@x`, text: "t" }), answered(451));
  assert.equal(mailbox.faults.length, 0);
  mailbox.failure = new Error("a fault of ours");
  await assert.rejects(mailbox.send({ to: `${KEY}@x`, text: "t" }), answered(451));
  assert.equal(mailbox.faults.length, 1);
  mailbox.failure = null;
  await mailbox.send({ to: `${KEY}@x`, text: "t" });
  assert.equal(mailbox.drafts.length, 1);
});

test("messages that are hardly mail end in an event or a refusal, and the listener goes on", async () => {
  await using mailbox = await Mailbox.open({ sizeLimitBytes: 5_000_000 });
  const deep = Array.from(
    { length: 60 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  );
  const parts = "--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n".repeat(300);
  const bodies: [RegExp, string][] = [
    [/^250 /, ""],
    [/^250 /, "no headers, no end\0\u00ff"],
    [/^250 /, "Subject: =?utf-8?B?broken\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx"],
    [/^554 /, deep.join("")],
    [/^554 /, `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--`],
    [/^554 /, `X: ${"y".repeat(500_000)}\r\n\r\nx`],
  ];
  for (const [expected, body] of bodies) {
    const talk = await Dialogue.open(mailbox.port);
    await talk.say("EHLO x", "MAIL FROM:<>", `RCPT TO:<${KEY}@x>`, "DATA");
    assert.match(await talk.say(`${body}\r\n.`), expected, body.slice(0, 40));
    talk.end();
  }
  assert.equal(mailbox.drafts.length, 3);
});

test("a sender that hangs up within its message leaves nothing behind", async () => {
  await using mailbox = await Mailbox.open();
  const talk = await Dialogue.open(mailbox.port);
  await talk.say("EHLO x", "MAIL FROM:<a@b.de>", `RCPT TO:<${KEY}@x>`, "DATA");
  talk.socket.write("Subject: half\r\n\r\nha");
  talk.socket.destroy();
  await mailbox.send({ to: `${KEY}@x`, subject: "whole", text: "t" });
  assert.deepEqual([mailbox.drafts.length, mailbox.event()["subject"]], [1, "whole"]);
});

/** Speaks SMTP line by line. */
class Dialogue {
  readonly socket: Socket;
  #answers = "";

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      this.#answers += chunk;
      socket.emit("answer");
    });
    socket.on("error", () => {});
  }
  static async open(port: number): Promise<Dialogue> {
    const talk = new Dialogue(connect(port, "127.0.0.1"));
    await talk.#answer();
    return talk;
  }
  /** Says lines one after the other; returns the answer to the last. */
  async say(...lines: string[]): Promise<string> {
    let answer = "";
    for (const line of lines) {
      this.socket.write(`${line}\r\n`);
      answer = await this.#answer();
    }
    return answer;
  }
  async #answer(): Promise<string> {
    while (!/^\d{3} .*\r\n/m.test(this.#answers)) await once(this.socket, "answer");
    const answer = this.#answers;
    this.#answers = "";
    return answer;
  }
  end(): void {
    this.socket.destroy();
  }
}
