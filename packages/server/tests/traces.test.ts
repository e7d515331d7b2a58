import assert from "node:assert/strict";
import { test } from "node:test";
import { TestReceiver } from "../testing/test-receiver.ts";
import { startTestServer } from "../testing/test-server.ts";
import { eventually } from "../testing/test-source.ts";
import { TestWorkflow } from "../testing/test-workflow.ts";

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const CODE = `export default defineComponent({ async run({ $ }) { $.send.emit({ ok: true }); } });`;

/** What a collector was sent so far. */
function spansOf(collector: TestReceiver): SentSpan[] {
  interface Export {
    resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
  }
  return collector.requests.flatMap(({ body }) =>
    (JSON.parse(body) as Export).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

test("one trace leads from the caller over event, delivery, run and step to the receiver of a webhook", async () => {
  await using collector = await TestReceiver.start();
  await using receiver = await TestReceiver.start();
  const { origin } = new URL(collector.url);
  await using server = await startTestServer({
    egressAllow: ["127.0.0.0/8"],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: origin, OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b" },
  });
  const steps = [{ namespace: "hello", code: CODE }];
  const workflow = await TestWorkflow.create(server, { triggers: [{ type: "http" }], steps });
  const webhook = await server.call("POST", "/webhooks", { url: receiver.url, name: "traces" });
  const { id } = (webhook.body as { data: { id: string } }).data;
  await server.call("POST", `/subscriptions?emitter_id=${workflow.id}&listener_id=${id}`);
  const traceparent = `00-${TRACE}-${CALLER}-01`;
  await (await fetch(workflow.endpoint, { method: "POST", headers: { traceparent }, body: "x" })).text();
  await receiver.waitFor(1);
  const own = (): SentSpan[] => spansOf(collector).filter(({ traceId }) => traceId === TRACE);
  await eventually(async () => own().some(({ name }) => name === "deliver to webhook"));
  await server.close();
  const spans = own();
  const named = (name: string): SentSpan => {
    const span = spans.find((one) => one.name === name);
    assert.ok(span, `no span "${name}" among ${spans.map((one) => one.name).join(", ")}`);
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
    return span;
  };
  const first = spans.find(({ parentSpanId }) => parentSpanId === CALLER);
  assert.equal(first?.name, "write event");
  const delivery = named("deliver to workflow");
  assert.equal(delivery.parentSpanId, first.spanId);
  const run = named("run workflow");
  assert.equal(run.parentSpanId, delivery.spanId);
  assert.equal(named("step").parentSpanId, run.spanId);
  const posted = named("deliver to webhook");
  const emitted = spans.find(({ spanId }) => spanId === posted.parentSpanId);
  assert.deepEqual([emitted?.name, emitted?.parentSpanId], ["write event", run.spanId]);
  const [request] = receiver.requests;
  assert.equal(request?.headers["traceparent"], `00-${TRACE}-${posted.spanId}-01`);
  assert.equal(collector.requests[0]?.headers["x-key"], "a b");
  assert.equal(collector.requests[0]?.path, "/v1/traces");
});
