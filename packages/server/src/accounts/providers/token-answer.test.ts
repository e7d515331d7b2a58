import assert from "node:assert/strict";
import { test } from "node:test";
import { standardAnswer } from "./token-answer.ts";

function answered(status: number, body: unknown, tokenAt?: string): Record<string, unknown> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const reply = {
    status,
    headers: {},
    body: Buffer.from(text),
    isCut: false,
    url: "https://provider.example.com/token",
  };
  const { status: meant, standard } = standardAnswer(reply, tokenAt);
  return { status: meant, ...standard };
}

void test("tokens are found in forms, in nested objects, with numbers as text and scopes as lists", () => {
  assert.deepEqual(answered(200, "access_token=a&expires_in=3600&scope=x%20y"), {
    ...{ status: 200, access_token: "a", expires_in: 3600, scope: "x y", token_type: "bearer" },
  });
  const nested = { ok: true, authed_user: { access_token: "u", token_type: "user" } };
  assert.equal(answered(200, nested, "authed_user")["access_token"], "u");
  const odd = { access_token: "a", expires_in: 0, scope: ["x", "y"], refresh_token: null, id_token: "e.e.e" };
  assert.deepEqual(answered(201, odd), { status: 200, access_token: "a", scope: "x y", token_type: "bearer" });
});

void test("errors are errors, with whatever status and in whatever form they come", () => {
  assert.deepEqual(answered(200, "error=bad_verification_code&error_description=expired"), {
    ...{ status: 400, error: "bad_verification_code", error_description: "expired" },
  });
  assert.equal(answered(200, { ok: false, error: "invalid_refresh_token" })["error"], "invalid_refresh_token");
  const graph = { error: { type: "OAuthException", message: "no", code: 190 } };
  assert.deepEqual(answered(400, graph), { status: 400, error: "190", error_description: "no" });
  assert.equal(answered(401, "<html>")["error"], "http_401");
});

void test("what is no answer is told apart: the provider is busy, or speaks otherwise", () => {
  assert.throws(() => answered(503, ""), { fault: "busy", code: "http_503" });
  assert.throws(() => answered(429, {}), { fault: "busy" });
  assert.throws(() => answered(200, "<html>login</html>"), { fault: "garbled" });
});
