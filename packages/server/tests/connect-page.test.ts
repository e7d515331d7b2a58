import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestApi, type TestApi } from "../testing/index.ts";

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api[Symbol.asyncDispose]());

/** A link, and the cookie of the browser that has opened it. */
async function opened(): Promise<{ link: string; cookie: string }> {
  const reply = await api.call("POST", "/v1/accounts/connect", { body: { app: "slack_bot" } });
  const link = (reply.body as { data: { connect_url: string } }).data.connect_url;
  const page = await fetch(link);
  // A stricter one makes browsers hide where the form comes from.
  assert.equal(page.headers.get("referrer-policy"), "same-origin");
  return { link, cookie: page.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

function send(link: string, headers: Record<string, string>): Promise<Response> {
  return fetch(link, { method: "POST", headers, body: new URLSearchParams({ bot_token: "xoxb-1" }) });
}

async function accountCount(): Promise<number> {
  const { rows } = await api.db.query<{ count: number }>("select count(*)::int as count from accounts");
  return rows[0]?.count ?? 0;
}

void test("the form is taken from its own page alone, in the browser that opened it", async () => {
  const { link, cookie } = await opened();
  const foreign: Record<string, string>[] = [
    { origin: api.url },
    { cookie },
    { cookie, origin: "null" },
    { cookie, origin: "https://evil.example" },
    { cookie, origin: api.url, "sec-fetch-site": "cross-site" },
    { cookie, origin: api.url, "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    const refused = await send(link, headers);
    const text = await refused.text();
    assert.deepEqual([refused.status, /Code: <code>(\w+)/.exec(text)?.[1]], [403, "foreign_page"]);
    assert.ok(
      text.includes('href=""') && !text.includes(new URL(link).pathname),
      "back to the form, not repeating the link",
    );
  }
  assert.equal(await accountCount(), 0);
  assert.equal((await send(link, { cookie, origin: api.url })).status, 200);
  assert.equal(await accountCount(), 1);
});

void test("a browser that says where a form comes from needs no Origin", async () => {
  const { link, cookie } = await opened();
  assert.equal((await send(link, { cookie, origin: "null", "sec-fetch-site": "same-origin" })).status, 200);
});
