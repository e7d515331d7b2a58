/** Deliveries as owed work: who holds them, who may claim them next, and what happens when a node is lost. */
export { Alarm, type AlarmOptions } from "./alarm.ts";
export { claimDue, type ClaimReply, type ClaimRequest } from "./claim-due.ts";
export { claimLanes, findWaitingLanes, LANES_TOPIC, type LaneReply, type LaneRequest } from "./claim-lanes.ts";
export { countQueues, DEFAULT_QUEUE_SIZE, findQueues } from "./count-queues.ts";
export { QueueLevels, type QueueOf } from "./queue-levels.ts";
export { QuotaLevels, type QuotaLevel } from "./quota-levels.ts";
export { findQuotaUse, PUT_OFF_BY_QUOTA, releasePutOff, takeNotice, type QuotaUse } from "./quota-rows.ts";
export type { Claim, ClaimedDelivery, EventMetadata } from "./claimed-delivery.ts";
export { nextDueAtMs } from "./next-due.ts";
export { NodeSession, type NodeSessionOptions } from "./node-session.ts";
export { reportQueue, type QueueReport } from "./queue-report.ts";
export { releaseAll, releaseLost } from "./release.ts";
export { listOtherNodes, type OtherNode } from "./other-nodes.ts";
