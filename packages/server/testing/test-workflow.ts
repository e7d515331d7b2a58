import assert from "node:assert/strict";
import type { JsonObject } from "@millrace/runner";
import type { ApiReply } from "./instance/index.ts";
import type { TestServer } from "./test-server.ts";

export interface WorkflowData {
  id: string;
  name: string;
  active: boolean;
  deployment_id: string;
  steps: (JsonObject & { id: string; namespace: string; configured_props_json: string | null })[];
  triggers: (JsonObject & { id: string })[];
  settings: JsonObject;
}

export interface Refusal {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
}

/** A workflow on a test server. */
export class TestWorkflow {
  readonly id: string;
  readonly server: TestServer;
  data: WorkflowData;

  private constructor(server: TestServer, data: WorkflowData) {
    this.server = server;
    this.data = data;
    this.id = data.id;
  }

  /** Creates one, which must succeed. */
  static async create(server: TestServer, body: object): Promise<TestWorkflow> {
    const reply = await server.call("POST", "/workflows", body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return new TestWorkflow(server, (reply.body as { data: WorkflowData }).data);
  }

  /** Changes it, which must succeed. */
  async put(body: object): Promise<WorkflowData> {
    const reply = await this.server.call("PUT", `/workflows/${this.id}`, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    this.data = (reply.body as { data: WorkflowData }).data;
    return this.data;
  }

  async get(): Promise<WorkflowData> {
    return (await this.server.call("GET", `/workflows/${this.id}`)).body as WorkflowData;
  }

  /** The address of its first HTTP trigger, as this process reaches it. */
  get endpoint(): string {
    const trigger = this.data.triggers.find((one) => one["endpoint_url"] !== undefined);
    return `${this.server.url}${new URL(trigger?.["endpoint_url"] as string).pathname}`;
  }

  /** What came in by its own triggers, oldest first. */
  async triggerEvents(): Promise<JsonObject[]> {
    const { rows } = await this.server.db.query<{ payload: string }>(
      "select payload from events where emitter_id = any($1) order by event_id",
      [this.data.triggers.map((trigger) => trigger.id)],
    );
    return rows.map((row) => JSON.parse(row.payload) as JsonObject);
  }
}

/** The problems of a refused request, as `path: message`, in the order of their paths. */
export function problemsIn(reply: ApiReply): string[] {
  const { details = [] } = reply.body as Refusal;
  return details.map(({ path, message }) => `${path}: ${message}`).toSorted();
}
