import { stepTestOperations } from "@millrace/contract";
import type { StepTests } from "../../../workflows/engine/index.ts";
import { route, type Route } from "../../route.ts";

export function testWorkflowStep(services: { stepTests: StepTests }): Route {
  return route(stepTestOperations.testWorkflowStep, async (request) => {
    const { id, steps, namespace, run_id: runId, event, exports = {} } = request.input;
    const test = { steps, namespace, runId, event, exports };
    const { result, response } = await services.stepTests.run(request.orgIds, id, test);
    const { error, step, logs } = result;
    const named = Object.entries(step?.exports ?? {}).map(([name, json]) => [name, parsed(json)] as const);
    const exported: Record<string, unknown> = Object.fromEntries(named);
    const summary = exported["$summary"];
    return {
      data: {
        status: error ? ("error" as const) : ("success" as const),
        props: parsed(step?.evaluatedProps ?? null),
        exports: exported,
        return_value: parsed(result.returnValue),
        summary: typeof summary === "string" ? summary : null,
        logs: [...logs],
        error: error && {
          name: error.name,
          message: error.message,
          ...(error.stack !== undefined && { stack: error.stack }),
        },
        duration_ms: result.endedAtMs - result.startedAtMs,
        flow: step?.flow ? { ...step.flow } : null,
        response: response && { ...response },
        sends: (step?.sends ?? []).map(({ kind, payload }) => ({ kind, payload: parsed(payload) })),
      },
    };
  });
}

function parsed(text: string | null): unknown {
  return text === null ? null : (JSON.parse(text) as unknown);
}
