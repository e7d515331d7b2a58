import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../core/index.ts";
import { passwordProblems, Passwords } from "./passwords.ts";

function isRefused(password: string, known: string[] = []): boolean {
  return passwordProblems(password, { path: "password", known }).length > 0;
}

void test("a password is known again by its hash, and only that one", async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash("correct horse battery");
  assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(kept, await passwords.hash("correct horse battery"));
  assert.equal(await passwords.verify("correct horse battery", kept), true);
  assert.equal(await passwords.verify("correct horse batterx", kept), false);
});

void test("a password typed with other code points for the same letters is the same", async () => {
  const passwords = new Passwords();
  assert.equal(await passwords.verify("cafe\u0301 au lait", await passwords.hash("caf\u00e9 au lait")), true);
});

void test("without a hash nothing is right, and it takes as long", async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash("correct horse battery");
  await passwords.verify("warm up", null);
  const timed = async (hash: string | null): Promise<number> => {
    const startedAt = performance.now();
    for (let round = 0; round < 8; round++) assert.equal(await passwords.verify("wrong password", hash), false);
    return performance.now() - startedAt;
  };
  const [known, unknown] = [await timed(kept), await timed(null)];
  assert.ok(unknown > known / 3 && unknown < known * 3, `${known} ms and ${unknown} ms`);
});

void test("hashing does not hold up the event loop", async () => {
  const passwords = new Passwords();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await Promise.all(Array.from({ length: 6 }, () => passwords.hash("correct horse battery")));
  clearInterval(timer);
  assert.ok(ticks >= 6, `${ticks} ticks`);
});

void test("more than a hundred who wait are asked to come again", async () => {
  const passwords = new Passwords();
  const outcomes = await Promise.allSettled(Array.from({ length: 105 }, () => passwords.hash("correct horse battery")));
  const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(reasons.length, 3);
  for (const reason of reasons) assert.ok(reason instanceof ApiError && reason.code === "unavailable");
});

void test("passwords that are short, repetitive or tried first are refused", () => {
  const bad = ["short", "aaaaaaaaaaaa", "abababababab", "1234567890", "abcdefghijkl", "password123!", "Qwertyuiop1"];
  for (const password of [...bad, "x".repeat(300)]) assert.ok(isRefused(password), password);
  assert.ok(isRefused("ann@example.com", ["ann@example.com"]));
  assert.ok(isRefused("ann.miller99", ["ann.miller"]));
  for (const password of ["correct horse battery", "Tr0ub4dor&3x", "мой любимый кот"]) {
    assert.ok(!isRefused(password, ["ann@example.com", "ann"]), password);
  }
});
