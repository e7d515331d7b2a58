import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ensureFirstUser, type FirstCredentials } from "../src/accounts/index.ts";
import { Egress, Mailer } from "../src/egress/index.ts";
import { Destinations, type SendOutcome } from "../src/workflows/destinations/index.ts";
import { TestMailServer, TestReceiver, testDatabase, type TestDatabase } from "../testing/index.ts";

let database: TestDatabase;
let user: FirstCredentials;
let receiver: TestReceiver;
let mailServer: TestMailServer;
let email: string;
const open = new Egress({ rules: { allow: ["127.0.0.0/8"] } });
const closed = new Egress({ rules: { allow: [] } });
before(async () => {
  database = await testDatabase();
  [receiver, mailServer] = await Promise.all([TestReceiver.start(), TestMailServer.start()]);
  const made = await ensureFirstUser(database.db, { keep: async () => {} });
  assert.ok(made);
  user = made;
  const { rows } = await database.db.query<{ email: string }>("select email from users");
  email = rows[0]?.email ?? "";
});
after(async () => {
  await Promise.all([open.stop(), closed.stop()]);
  await Promise.all([receiver, mailServer, database].map((one) => one[Symbol.asyncDispose]()));
});

interface Given {
  egress?: Egress;
  hasMail?: boolean;
  s3?: string;
  userId?: string | null;
}
function deliver(sends: [string, unknown][], given: Given = {}): Promise<SendOutcome[]> {
  const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret", region: "us-east-1" };
  const destinations = new Destinations({
    db: database.db,
    egress: given.egress ?? open,
    mailer: given.hasMail === false ? null : new Mailer({ url: mailServer.url, from: "Millrace <m@example.com>" }),
    s3: given.s3 === undefined ? null : { ...credentials, endpoint: given.s3, egress: open, reservedBucket: "files" },
    onError: (error) => assert.fail(String(error)),
  });
  const run = { orgId: user.org_id, workflowId: "p_1", runId: "r", workflowName: "w" };
  return destinations.deliver(
    { ...run, userId: given.userId === undefined ? user.user_id : given.userId },
    sends.map(([kind, payload]) => ({ kind: kind as "http", payload: JSON.stringify(payload) })),
  );
}
/** The least of S3: keeps objects by path. */
class ByteBucket {
  readonly objects = new Map<string, string>();
  authorization = "";
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      void buffer(request).then((content) => {
        const isGzip = request.headers["content-encoding"] === "gzip" && request.method === "PUT";
        const isWhole = createHash("sha256").update(content).digest("hex") === request.headers["x-amz-content-sha256"];
        this.authorization = request.headers.authorization ?? "";
        if (isGzip && isWhole) this.objects.set(decodeURIComponent(request.url ?? ""), gunzipSync(content).toString());
        response.writeHead(isGzip && isWhole ? 200 : 400).end();
      });
    });
  }
  static async start(): Promise<ByteBucket> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ByteBucket(server);
  }
  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const errorOf = (outcome: SendOutcome | undefined) => [outcome?.status, outcome?.error?.code];

test("a request is sent as it was asked for, and its answer recorded", async () => {
  receiver.respondWith(() => ({ status: 201, headers: { "x-a": "b" }, body: "done" }));
  const [outcome] = await deliver([
    [
      "http",
      {
        method: "POST",
        url: `${receiver.url}/in?k=secret`,
        data: { a: [1] },
        headers: { "X-Mine": 7, Host: "evil", "Content-Length": 1 },
        params: { q: "ü", list: [1, 2], none: null },
        auth: { username: "u", password: "p" },
      },
    ],
  ]);
  const got = await receiver.next();
  assert.deepEqual([got.method, got.path, got.body], ["POST", "/in?k=secret&q=%C3%BC&list=1&list=2", '{"a":[1]}']);
  assert.partialDeepStrictEqual(got.headers, {
    "x-mine": "7",
    "content-type": "application/json",
    authorization: `Basic ${btoa("u:p")}`,
    host: new URL(receiver.url).host,
  });
  assert.partialDeepStrictEqual(outcome, {
    status: "success",
    request: { method: "POST", url: `${receiver.url}/in` },
    response: { status: 201, headers: { "x-a": "b" }, body: "done", truncated: false },
  });
});

test("a failing answer is told with what it said, cut when long, and the request is not repeated", async () => {
  const countBefore = receiver.requests.length;
  receiver.respondWith(() => ({ status: 500, body: "x".repeat(50_000) }));
  const [outcome] = await deliver([["http", { method: "get", url: receiver.url }]]);
  assert.deepEqual(errorOf(outcome), ["error", "http_status"]);
  assert.deepEqual([outcome?.response?.body.length, outcome?.response?.truncated], [10_000, true]);
  assert.equal(receiver.requests.length, countBefore + 1);
});

test("addresses inside are not reached, not even by a redirect", async () => {
  const inside = ["http://127.0.0.1:1/", "http://localhost/", "http://169.254.169.254/latest", "http://[::1]/"];
  const refused = await deliver(
    inside.map((url) => ["http", { method: "GET", url }]),
    { egress: closed },
  );
  for (const outcome of refused) assert.deepEqual(errorOf(outcome), ["error", "blocked"]);
  receiver.respondWith(() => ({ status: 302, headers: { location: "http://169.254.169.254/latest" } }));
  const [redirected] = await deliver([["http", { method: "GET", url: receiver.url }]]);
  assert.deepEqual(errorOf(redirected), ["error", "blocked"]);
});

test("what is not a request is refused by name, and the others still go out", async () => {
  receiver.respondWith(() => ({ status: 200 }));
  const outcomes = await deliver([
    ["http", { method: "GET", url: "file:///etc/passwd" }],
    ["http", { method: "CONNECT", url: receiver.url }],
    ["http", { method: "EAT", url: receiver.url }],
    ["http", ["not", "an", "object"]],
    ["http", { method: "GET", url: receiver.url, headers: { "bad name": "x" } }],
    ["sms", {}],
    ["http", { method: "HEAD", url: receiver.url }],
  ]);
  assert.deepEqual(outcomes.map(errorOf), [
    ["error", "invalid_value"],
    ["error", "unsupported"],
    ["error", "invalid_value"],
    ["error", "invalid_value"],
    ["error", "invalid_url"],
    ["error", "unsupported"],
    ["success", undefined],
  ]);
});

test("a receiver that does not answer costs five seconds and no more", async () => {
  receiver.respondWith(() => undefined);
  const [outcome] = await deliver([["http", { method: "GET", url: receiver.url }]]);
  assert.deepEqual(errorOf(outcome), ["error", "timeout"]);
  assert.ok((outcome?.duration_ms ?? 0) >= 4_900 && (outcome?.duration_ms ?? 0) < 8_000);
});

test("mail goes to the owner's address and nowhere else", async () => {
  const [outcome] = await deliver([
    [
      "email",
      { subject: "Hi\r\nBcc: x@example.com", text: "tëxt", html: "<b>h</b>", to: "x@example.com", bcc: "y@z.de" },
    ],
  ]);
  assert.equal(outcome?.status, "success");
  const got = mailServer.mails.at(-1);
  assert.deepEqual(got?.to, [email]);
  assert.equal(got?.mail.bcc, undefined);
  assert.deepEqual([got?.mail.text?.trim(), got?.mail.html?.trim()], ["tëxt", "<b>h</b>"]);
  assert.equal(got?.mail.from?.address, "m@example.com");
});

test("mail without a server, without an owner, refused or with files in it says so", async () => {
  const mail: [string, unknown] = ["email", { subject: "s", text: "t" }];
  assert.deepEqual(errorOf((await deliver([mail], { hasMail: false }))[0]), ["not_configured", "not_configured"]);
  assert.deepEqual(errorOf((await deliver([mail], { userId: null }))[0]), ["error", "no_recipient"]);
  assert.deepEqual(errorOf((await deliver([mail], { userId: "u_gone" }))[0]), ["error", "no_recipient"]);
  const [pathed] = await deliver([["email", { subject: "s", text: { path: "/etc/passwd" } }]]);
  assert.deepEqual(errorOf(pathed), ["error", "invalid_value"]);
  mailServer.refuseWith = 550;
  const [refused] = await deliver([mail]);
  mailServer.refuseWith = null;
  assert.deepEqual(errorOf(refused), ["error", "refused"]);
});

test("one run sends a bounded number of mails", async () => {
  const countBefore = mailServer.mails.length;
  const outcomes = await deliver(Array.from({ length: 25 }, () => ["email", { subject: "s", text: "t" }]));
  assert.equal(mailServer.mails.length, countBefore + 20);
  assert.deepEqual(errorOf(outcomes[24]), ["error", "too_many"]);
});

test("what goes to one place in S3 becomes one gzipped object, signed", async () => {
  await using bucket = await ByteBucket.start();
  const outcomes = await deliver(
    [
      ["s3", { bucket: "logs", prefix: "/a b/c/", payload: { n: 1 } }],
      ["s3", { bucket: "logs", prefix: "a b/c", payload: "text\nline" }],
      ["s3", { bucket: "logs", prefix: "", payload: null }],
    ],
    { s3: bucket.url },
  );
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ["success", "success", "success"],
  );
  assert.equal(outcomes[0]?.key, outcomes[1]?.key);
  assert.match(outcomes[0]?.key ?? "", /^a b\/c\/\d{4}\/\d\d\/\d\d\/\d\d\/\d{4}(-\d\d){5}-\w{27}\.gz$/);
  assert.equal(bucket.objects.size, 2);
  assert.equal(bucket.objects.get(`/logs/${outcomes[0]?.key}`), '{"n":1}\n"text\\nline"\n');
  assert.match(
    bucket.authorization,
    /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=/,
  );
});

test("S3 sends that can not be written say why", async () => {
  const send = (bucket: string, prefix = "p"): [string, unknown] => ["s3", { bucket, prefix, payload: 1 }];
  const wrong = await deliver(
    [send("../x"), send("UPPER"), send("good", "../other"), send("good", "a/./b"), send("files")],
    {
      s3: receiver.url,
    },
  );
  for (const outcome of wrong) assert.deepEqual(errorOf(outcome), ["error", "invalid_value"]);
  assert.deepEqual(errorOf((await deliver([send("good")]))[0]), ["not_configured", "not_configured"]);
  receiver.respondWith(() => ({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }));
  const [denied] = await deliver([send("good")], { s3: receiver.url });
  assert.deepEqual(errorOf(denied), ["error", "http_status"]);
  assert.match(denied?.error?.message ?? "", /AccessDenied/);
});
