import type { JsonObject } from "@millrace/runner";
import type { ClaimedDelivery } from "../../events/index.ts";
import type { LoadedVersion } from "../definition/index.ts";
import type { RunInfo } from "./run-info.ts";

const PLATFORM_VERSION = "1";
const SOURCE_TYPES: Readonly<Record<string, string>> = {
  http: "HTTP",
  timer: "TIMER",
  email: "EMAIL",
  source: "COMPONENT",
  manual: "SDK",
};

/** What `steps.trigger.context` and `$.context` tell: of the run, and of this execution of it. */
export function segmentContext(
  run: RunInfo,
  of: {
    delivery: Pick<ClaimedDelivery, "emitId" | "channel" | "createdAtMs">;
    version: Pick<LoadedVersion, "name" | "projectId">;
  },
): JsonObject {
  const { delivery, version } = of;
  const isResumed = delivery.channel === "$resume";
  return {
    id: delivery.emitId,
    ts: new Date(isResumed ? delivery.createdAtMs : run.trigger.createdAtMs).toISOString(),
    pipeline_id: null,
    workflow_id: run.workflowId,
    workflow_name: version.name,
    deployment_id: run.deploymentId,
    emitter_id: run.trigger.emitterId,
    source_type: SOURCE_TYPES[run.trigger.kind] ?? "COMPONENT",
    verified: false,
    hops: null,
    test: false,
    replay: run.replayOf !== null,
    resume: isResumed ? run.runId : null,
    owner_id: run.orgId,
    platform_version: PLATFORM_VERSION,
    project_id: version.projectId,
    external_user_id: null,
    external_user_environment: null,
    trace_id: run.traceId,
    run_id: run.runId,
  };
}
