import assert from "node:assert/strict";
import { test } from "node:test";
import { fillText, fillUrl, hasHostOfUser, wordAt } from "./placeholders.ts";

void test("a field fills its place in a URL and leads nowhere else", () => {
  assert.equal(
    fillUrl("https://{{sub}}.example.com/a?x={{x}}", { sub: "my-team", x: "a&b=c" }),
    "https://my-team.example.com/a?x=a%26b%3Dc",
  );
  assert.equal(fillUrl("{{base}}/api", { base: "https://git.example.com/" }), "https://git.example.com/api");
  assert.equal(fillUrl("{{base}}/api", { base: "git.example.com" }), "https://git.example.com/api");
  for (const sub of ["evil.com/", "evil.com#", "user@evil.com", "a\\b", "", "evil.com?"]) {
    assert.throws(() => fillUrl("https://{{sub}}.example.com/", { sub }), { code: "invalid_input" }, sub);
  }
  assert.throws(() => fillUrl("{{base}}/api", { base: "https://u:p@evil.com" }), { code: "invalid_input" });
});

void test("it is known when fields decide about the host", () => {
  assert.deepEqual(
    [
      "https://a.com/{{x}}",
      "https://{{x}}.a.com/",
      "https://{{x}}/",
      "{{x}}/y",
      "https://api.{{x}}/",
      "https://{{x}}.com/",
    ].map(hasHostOfUser),
    [false, false, true, true, true, true],
  );
});

void test("what would end a header's line is taken out, and paths find words only", () => {
  assert.equal(fillText("Bearer {{ t }}", { t: "a\r\nx: y" }), "Bearer ax: y");
  const answer = { a: [{ id: 7, name: "" }], b: {} };
  assert.deepEqual(
    [wordAt(answer, "a.0.id"), wordAt(answer, "a.0.name"), wordAt(answer, "b"), wordAt(answer, "c.d")],
    ["7", null, null, null],
  );
});
