import { randomUUID } from "node:crypto";

const SELF = "self";
const PENDING = "$in";
const PAGE = 100;

export default {
  key: "task-scheduler",
  name: "Task Scheduler",
  description: "Emit tasks at the time they were scheduled for.",
  version: "1.0.0",
  type: "source",
  // Remembered per channel: the same id passes once through `self` and once through the default channel.
  dedupe: "unique",
  props: {
    http: { type: "$.interface.http", customResponse: true },
    apiUrl: {
      type: "string",
      label: "API URL",
      description: "The address of this instance.",
      default: "http://localhost:3000",
    },
    apiKey: { type: "string", label: "API Key", description: "A user API key of this workspace.", secret: true },
    db: "$.service.db",
  },
  methods: {
    /** Calls the platform's own API. */
    async api(method, path, query = {}) {
      const url = new URL(`/v1${path}`, this.apiUrl);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const response = await fetch(url, { method, headers: { authorization: `Bearer ${this.apiKey}` } });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      return text === "" ? null : JSON.parse(text);
    },
    /** A source can be subscribed to once its hooks have ended, so this waits for the first task. */
    async listenToSelf() {
      if (this.db.get("listening")) return;
      const id = process.env.PD_COMPONENT;
      await this.api("POST", "/subscriptions", { emitter_id: id, listener_id: id, event_name: SELF });
      this.db.set("listening", true);
    },
    async schedule({ timestamp, delay_seconds: delaySeconds, message }) {
      const at = delaySeconds === undefined ? Date.parse(timestamp) : Date.now() + Number(delaySeconds) * 1000;
      if (!Number.isFinite(at)) return this.answer(400, { error: "timestamp (ISO 8601) or delay_seconds is required" });
      await this.listenToSelf();
      const id = randomUUID();
      this.$emit(
        { task: { id, message: message ?? null, scheduled_for: new Date(at).toISOString() } },
        { name: SELF, id, delivery_ts: at },
      );
      return this.answer(200, { id, scheduled_for: new Date(at).toISOString() });
    },
    async cancel({ id }) {
      const source = `/sources/${process.env.PD_COMPONENT}`;
      let after;
      for (;;) {
        const query = { event_name: PENDING, limit: PAGE, ...(after && { after }) };
        const { data } = await this.api("GET", `${source}/event_summaries`, query);
        const found = data.find((entry) => entry.metadata.id === id);
        if (found) {
          await this.api("DELETE", `${source}/events`, { start_id: found.id, end_id: found.id, event_name: PENDING });
          return this.answer(200, { id, cancelled: true });
        }
        if (data.length < PAGE) return this.answer(404, { error: `There is no pending task ${id}` });
        after = data.at(-1).id;
      }
    },
    answer(status, body) {
      this.http.respond({ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    },
  },
  async run(event) {
    if (event.task) {
      const { id, message, scheduled_for } = event.task;
      this.$emit(message, { id, summary: `Task scheduled for ${scheduled_for}` });
      return;
    }
    if (event.path === "/schedule") await this.schedule(event.body ?? {});
    else if (event.path === "/cancel") await this.cancel(event.body ?? {});
    else this.answer(404, { error: "Use /schedule or /cancel" });
  },
  sampleEmit: { remind: "standup" },
};
