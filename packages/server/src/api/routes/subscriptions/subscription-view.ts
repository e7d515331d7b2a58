import type { SubscriptionRow } from "../../../events/index.ts";

/** A subscription as replies show it. */
export function subscriptionOf(row: SubscriptionRow) {
  return {
    id: row.subscription_id,
    emitter_id: row.emitter_id,
    listener_id: row.listener_id,
    event_name: row.channel,
  };
}

/** The subscription that parameters name; no `event_name` is the default channel. */
export function subscriptionKeyOf(input: { emitter_id: string; event_name?: string; listener_id: string }) {
  return { emitterId: input.emitter_id, channel: input.event_name ?? "", listenerId: input.listener_id };
}
