import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestClient } from "../testing-client.ts";

const withRun = (body: string) => TestClient.inProcess(`export default { dedupe: "unique", run(event) { ${body} } };`);

describe("$emit", () => {
  it("takes events as they are at the call, orders them oldest first, and may be awaited", async () => {
    const client = await withRun(`return (async () => {
      const event = { n: 1 }; await this.$emit(event, { ts: 2_000_000_000_000 }); event.n = 2;
      const { $emit } = this; $emit(event, { ts: "1700000000.5" }); $emit("text", { ts: "2020-01-01T00:00:00Z" }); $emit([1]); })();`);
    const { emits, error } = await client.run();
    assert.equal(error, null);
    assert.deepEqual(
      emits.map(({ event }) => event),
      ['"text"', '{"n":2}', "[1]", '{"n":1}'],
    );
    assert.equal(emits[1]?.ts, 1_700_000_000_500);
  });

  it("reads metadata leniently: ids as text, names as channels, delivery times", async () => {
    const client = await withRun(`this.$emit(1, { id: 7, summary: "s", name: "self", delivery_ts: 1800000000000 });
      this.$emit(2, { id: "7", ts: "nonsense", summary: null }); this.$emit(3, "not an object"); this.$emit();`);
    const { emits } = await client.run();
    const [first, second, third, fourth] = emits.map(({ emittedAtMs: _at, ...rest }) => rest);
    assert.deepEqual(first, { event: "1", id: "7", summary: "s", channel: "self", deliverAtMs: 1_800_000_000_000 });
    assert.deepEqual(second, { event: "2", id: "7", channel: "" });
    assert.deepEqual(third, { event: "3", channel: "" });
    assert.deepEqual(fourth, { event: "null", channel: "" });
  });

  it("refuses names, ids and summaries that nobody could store, and says so", async () => {
    const client = await withRun(`const long = "x".repeat(17_000_000);
      this.$emit(1, { name: long }); this.$emit(2, { id: long }); this.$emit(3, { summary: long }); this.$emit(4);`);
    const { emits, logs, error } = await client.run();
    assert.equal(error?.code, "RESULT_TOO_LARGE");
    assert.deepEqual(
      emits.map(({ event }) => event),
      ["4"],
    );
    assert.deepEqual(
      logs.map(({ err }) =>
        /a (name|summary)|an (id) /
          .exec(err?.message ?? "")
          ?.slice(1)
          .join(""),
      ),
      ["name", "id", "summary"],
    );
  });

  it("keeps what was emitted before a throw", async () => {
    const client = await withRun(`this.$emit(1); throw new Error("later");`);
    const { emits, error } = await client.run();
    assert.deepEqual([emits.length, error?.code], [1, "USER_ERROR"]);
  });

  it("works in hooks, and drops parts of events that JSON cannot say", async () => {
    const client = await TestClient.inProcess(
      `export default { hooks: { deploy() { const e = { f() {}, b: 10n, d: new Date(0) }; e.e = e; this.$emit(e); } }, run() {} };`,
    );
    const { emits } = await client.invoke({ kind: "hook", hook: "deploy" });
    assert.equal(emits[0]?.event, '{"b":"10","d":"1970-01-01T00:00:00.000Z"}');
  });

  it("refuses reserved channels, oversized and bottomless events with an error in the log", async () => {
    const client = await withRun(`for (const name of ["$errors", "$logs", "$in"]) this.$emit(1, { name });
      this.$emit("x".repeat(6 * 1024 * 1024)); let deep = {}; for (let i = 0; i < 300; i++) deep = { deep }; this.$emit(deep); this.$emit("fine");`);
    const { emits, logs, error } = await client.run();
    assert.equal(error?.code, "RESULT_TOO_LARGE", "what was lost is no success");
    assert.deepEqual(
      emits.map(({ event }) => event),
      ['"fine"'],
    );
    const complaints = logs.map(({ err }) => err?.message.replace(/;.*|:.*/, ""));
    assert.deepEqual(complaints, [
      "The channel $errors is reserved",
      "The channel $logs is reserved",
      "The channel $in is reserved",
      "An event is larger than the limit of 6 MB",
      "An event is nested more than 256 levels deep",
    ]);
  });

  it("is done by the platform for a source without run", async () => {
    const client = await TestClient.inProcess(`export default { props: { timer: "$.interface.timer" } };`);
    const { emits } = await client.run({ timestamp: 1, interval_seconds: 60 });
    assert.equal(emits[0]?.event, '{"timestamp":1,"interval_seconds":60}');
  });

  it("hands over large output of a run in parts, and the rest with the result", async () => {
    const client = await withRun(`for (let i = 0; i < 5; i++) this.$emit("x".repeat(600_000), { ts: 5 - i });`);
    const { emits, partials } = await client.run();
    assert.deepEqual([emits.length, partials], [5, 2]);
  });

  it("passes run an object even when there is no event, and what was emitted as it is", async () => {
    const client = await withRun(`return [event.interval_seconds ?? 300, event];`);
    assert.deepEqual(await client.returned(null), [300, {}]);
    assert.deepEqual(await client.returned({ a: 1 }), [300, { a: 1 }]);
  });
});
