import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isEmitterGlob, SubscriptionMatcher } from "./match.ts";

const emitters = ["dc_a", "dc_b", "p_a", "p_b", "wh_a"];
const patterns = fc.array(
  fc.record({
    emitterId: fc.constantFrom(...emitters, "dc_*", "p_*", "o_1"),
    channel: fc.constantFrom("", "news", "$errors"),
    listenerId: fc.constantFrom("wh_1", "wh_2", "p_9"),
  }),
  { maxLength: 20 },
);

test("an event reaches exactly the listeners whose pattern and channel match, each once", () => {
  fc.assert(
    fc.property(
      patterns,
      fc.constantFrom(...emitters),
      fc.constantFrom("", "news", "$errors"),
      (all, emitterId, channel) => {
        const expected = new Set(
          all
            .filter(
              (one) =>
                one.channel === channel &&
                (one.emitterId === emitterId ||
                  one.emitterId === "o_1" ||
                  (one.emitterId === "dc_*" && emitterId.startsWith("dc_")) ||
                  (one.emitterId === "p_*" && emitterId.startsWith("p_"))),
            )
            .map((one) => one.listenerId),
        );
        const matcher = new SubscriptionMatcher("o_1", all);
        const found = matcher.listenersOf(emitterId, channel);
        assert.deepEqual(new Set(found), expected);
        assert.equal(found.length, expected.size);
        assert.deepEqual(matcher.listenersOf(emitterId, channel), found);
      },
    ),
  );
});

test("only dc_* and p_* are globs", () => {
  assert.ok(isEmitterGlob("dc_*") && isEmitterGlob("p_*"));
  assert.ok(!isEmitterGlob("*") && !isEmitterGlob("wh_*") && !isEmitterGlob("dc_a*"));
});
