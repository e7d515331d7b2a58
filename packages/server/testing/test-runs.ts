import assert from "node:assert/strict";
import type { JsonObject } from "@millrace/runner";
import type { TestServer } from "./test-server.ts";
import { eventually } from "./test-source.ts";
import { TestWorkflow } from "./test-workflow.ts";

export interface TestRunStep {
  namespace: string;
  index?: number[];
  type: string;
  status: string;
  attempts: number;
  props: unknown;
  exports: Record<string, unknown>;
  return_value: unknown;
  logs: { k: string; msg: string }[];
  error: { code: string; name: string; message: string; stack?: string } | null;
}

export interface TestWorkflowRun {
  id: string;
  workflow_id: string;
  deployment_id: string;
  trace_id: string;
  status: string;
  replay_of: string | null;
  trigger: { type: string; emitter_id: string; event: JsonObject };
  error?: { code: string; message: string; name: string; step: string; stack?: string };
  waits: { namespace: string; kind: string; until_ms: number }[];
  steps: TestRunStep[];
  destinations: JsonObject[];
}

/** A Node step with the body of its `run({ steps, $ })`. */
export function nodeStep(namespace: string, body: string, more: object = {}): object {
  return { namespace, code: `export default defineComponent({ async run({ steps, $ }) { ${body} } })`, ...more };
}

/** Creates a workflow with these steps and no trigger but the API. */
export function workflowOf(server: TestServer, steps: readonly object[], more: object = {}): Promise<TestWorkflow> {
  return TestWorkflow.create(server, { steps, ...more });
}

/** Starts a run; returns its id. */
export async function startRun(workflow: TestWorkflow, event: unknown = {}): Promise<string> {
  const reply = await workflow.server.call("POST", `/workflows/${workflow.id}/runs`, { event });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: { id: string } }).data.id;
}

export async function getRun(server: TestServer, runId: string): Promise<TestWorkflowRun> {
  const reply = await server.call("GET", `/runs/${runId}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: TestWorkflowRun }).data;
}

/** Waits until a run is in one of these states. */
export function runIn(server: TestServer, runId: string, ...statuses: string[]): Promise<TestWorkflowRun> {
  return eventually(async () => {
    const run = await getRun(server, runId);
    return statuses.includes(run.status) && run;
  });
}

/** Runs a workflow to its end. */
export async function runToEnd(workflow: TestWorkflow, event: unknown = {}): Promise<TestWorkflowRun> {
  return runIn(workflow.server, await startRun(workflow, event), "success", "error", "cancelled");
}

/** What its steps returned, by namespace. */
export function returned(run: TestWorkflowRun): Record<string, unknown> {
  return Object.fromEntries(run.steps.map((step) => [step.namespace, step.return_value]));
}
