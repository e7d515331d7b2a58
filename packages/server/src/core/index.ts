/** Pure decisions and words that every part of the server shares: no IO, time is passed in. */
export {
  ApiError,
  invalidInput,
  notFound,
  type ApiErrorCode,
  type ApiErrorOptions,
  type ErrorDetail,
} from "./api-error.ts";
export { billingPeriod, creditsOf, nextDayMs, QUOTAS_TOPIC, usageDay } from "./credits.ts";
export { downloadHeaders } from "./download-headers.ts";
export { eventIdTimeMs, firstEventIdAt, formatEventId, parseEventId } from "./event-id.ts";
export { decideLane, type LaneDecision, type LaneLimits, type LaneState, type LaneWindow } from "./lane.ts";
export { heldEmitters, isQueueFull, type HeldEmitters } from "./queue-level.ts";
export { isNestedTooDeeply, MAX_JSON_LEVELS } from "./json-depth.ts";
export { newId, newKsuid, randomBase62 } from "./ids.ts";
export { StartupError, type StartupErrorCode } from "./startup-error.ts";
export { parseScopes, scopesAllow } from "./oauth-scopes.ts";
export { limitedToRole, principalId, roleAllows } from "./principal.ts";
export type { ClientPrincipal, Principal, UserCredential, UserPrincipal } from "./principal.ts";
export { encodeCursor, pageReply, pageRequestOf, type Page, type PageRequest } from "./paging.ts";
export { dedupe, type DedupeMemory, type DedupeStrategy } from "./dedupe.ts";
export { isEmitterGlob, SubscriptionMatcher, type SubscriptionPattern } from "./match.ts";
export { DEFAULT_RETRY_POLICY, nextAttemptAtMs, parseRetryAfterMs, type RetryPolicy } from "./retry.ts";
export { fullBucket, takeToken, type TokenBucket } from "./rate-limit.ts";
export { firstTickMs, nextTickMs, parseSchedule, tickEvent, type Schedule } from "./schedule.ts";
export { autoRetryDelayMs, mayRerun, stepRetryDelayMs, type FailedStep, type StepRetryPolicy } from "./run-flow.ts";
export { runIdOf, runIdSql } from "./run-id.ts";
export { workflowTickEvent, type WorkflowTickEvent } from "./workflow-tick.ts";
