export default {
  key: "schedule",
  name: "Schedule",
  description: "Emit an event on a schedule.",
  version: "1.0.0",
  type: "source",
  props: {
    timer: { type: "$.interface.timer", label: "Schedule", description: "An interval or a cron expression." },
    payload: { type: "object", label: "Payload", description: "Fields to add to each event.", optional: true },
  },
  async run(event) {
    // "Run now" comes without a timestamp.
    const timestamp = event.timestamp ?? Math.floor(Date.now() / 1000);
    const scheduledAt = new Date(timestamp * 1000).toISOString();
    const schedule = event.cron ? { cron: event.cron } : { interval_seconds: event.interval_seconds };
    this.$emit(
      { scheduled_at: scheduledAt, timestamp, ...schedule, ...this.payload },
      { summary: scheduledAt, ts: timestamp * 1000 },
    );
  },
  sampleEmit: { scheduled_at: "2026-01-05T09:00:00.000Z", timestamp: 1767603600, cron: "0 9 * * 1-5", task: "report" },
};
