export default {
  key: "http-requests",
  name: "HTTP Requests",
  description: "Emit each request to a URL of its own.",
  version: "1.0.0",
  type: "source",
  props: {
    // With a custom response the caller waits for `respond`.
    http: { type: "$.interface.http", customResponse: true },
    emitBodyOnly: {
      type: "boolean",
      label: "Body Only",
      description: "Emit the body instead of the whole request.",
      optional: true,
      default: false,
    },
    status: { type: "integer", label: "Response Status", optional: true, default: 200, min: 200, max: 599 },
    body: { type: "string", label: "Response Body", optional: true, default: '{"ok":true}' },
    contentType: { type: "string", label: "Response Content Type", optional: true, default: "application/json" },
  },
  async run(event) {
    this.$emit(this.emitBodyOnly ? (event.body ?? null) : event, { summary: `${event.method} ${event.path}` });
    // After the emit: a caller that has its answer can rely on the event.
    this.http.respond({ status: this.status, headers: { "content-type": this.contentType }, body: this.body });
  },
  sampleEmit: {
    method: "POST",
    path: "/orders",
    query: {},
    headers: { "content-type": "application/json" },
    bodyRaw: '{"order":7}',
    body: { order: 7 },
    client_ip: "203.0.113.7",
    url: "https://example.com/orders",
  },
};
