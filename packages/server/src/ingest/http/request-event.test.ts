import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { newEndpointKey } from "../../sources/endpoints.ts";
import { BrowserCookies } from "../../api/index.ts";
import { setsOwnCookie } from "./own-cookies.ts";
import { clientIpOf, requestEvent } from "./request-event.ts";
import { targetOf } from "./target.ts";

const KEY = newEndpointKey();

function eventOf(part: Partial<Parameters<typeof requestEvent>[0]>): Record<string, unknown> {
  const text = requestEvent({
    method: "GET",
    path: "/",
    queryText: "",
    headers: {},
    clientIp: "203.0.113.9",
    baseUrl: "http://x.example",
    body: { bodyRaw: null, body: null },
    ...part,
  });
  return JSON.parse(text) as Record<string, unknown>;
}

test("the event of a request without a body has these keys and no others", () => {
  assert.deepEqual(eventOf({ queryText: "a=1&a=2&b=", headers: { "x-a": "1" } }), {
    method: "GET",
    path: "/",
    query: { a: "2", b: "" },
    client_ip: "203.0.113.9",
    url: "http://x.example/",
    headers: { "x-a": "1" },
  });
});

test("the event is JSON whatever the request holds", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.dictionary(fc.string(), fc.string()), (path, queryText, headers) => {
      const event = eventOf({ path, queryText, headers });
      assert.equal(event["path"], path);
      assert.deepEqual(Object.entries(event["headers"] as object), Object.entries(headers));
    }),
  );
});

test("the session of a browser that is logged in here is in no event, its other cookies are", () => {
  const names = ["http://x.example", "https://x.example"].flatMap((publicUrl) => {
    const cookies = new BrowserCookies({ publicUrl });
    return (["session", "device", "trip"] as const).map((cookie) => cookies.nameOf(cookie));
  });
  const own = names.map((name) => `${name}=CANARY`);
  const cookie = ["a=1", ...own, "b=2"].join("; ");
  assert.deepEqual(eventOf({ headers: { cookie } })["headers"], { cookie: "a=1; b=2" });
  assert.deepEqual(eventOf({ headers: { cookie: own.join(";"), "x-a": "1" } })["headers"], { "x-a": "1" });
  for (const line of own) assert.ok(setsOwnCookie(`${line}; Path=/`));
  assert.ok(!setsOwnCookie("session=1; Path=/"));
});

test("an endpoint is named by the path or by the first label of any host", () => {
  const byPath = (url: string) => targetOf({ url, headers: { host: "localhost:3000" } });
  assert.deepEqual(byPath(`/in/${KEY}`), { key: KEY, path: "/", queryText: "", byHost: false });
  assert.deepEqual(byPath(`/in/${KEY}?a=1`), { key: KEY, path: "/", queryText: "a=1", byHost: false });
  assert.deepEqual(byPath(`/in/${KEY}/x/y?a=?`), { key: KEY, path: "/x/y", queryText: "a=?", byHost: false });
  assert.equal(byPath("/v1/sources"), null);
  assert.equal(byPath("/v1/in/abc"), null);
  const byHost = (host: string, url = "/v1/sources?q") => targetOf({ url, headers: { host } });
  assert.deepEqual(byHost(`${KEY}.example.com:3000`), { key: KEY, path: "/v1/sources", queryText: "q", byHost: true });
  assert.equal(byHost(`${KEY.toUpperCase()}.example.com`)?.key, KEY);
  assert.equal(byHost("api.example.com"), null);
  assert.equal(byHost(KEY), null);
});

test("a mapped IPv4 address is shown plainly", () => {
  assert.equal(clientIpOf("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(clientIpOf("2001:db8::1"), "2001:db8::1");
});
