import assert from "node:assert/strict";
import type { JsonObject } from "@millrace/runner";
import type { ApiReply } from "./instance/index.ts";
import type { TestServer } from "./test-server.ts";

const DEADLINE_MS = 10_000;
const POLL_MS = 15;

export interface TestSourceOptions {
  /** The component: the text of an object literal, or a whole module. */
  code: string;
  props?: JsonObject;
  name?: string;
}

export interface TestRun {
  id: string;
  status: "success" | "error";
  cause: string;
  attempt: number;
  error: { code: string; message: string } | null;
  logs: { k: string; msg?: string }[];
  emit_count: number;
  started_at_ms: number;
  trigger: { emitter_id: string; event_id: string } | null;
}

/** Waits until `attempt` answers something; fails after ten seconds. */
export async function eventually<T>(attempt: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const endMs = Date.now() + DEADLINE_MS; ;) {
    const found = await attempt();
    if (found !== null && found !== undefined && found !== false) return found;
    assert.ok(Date.now() < endMs, "what was waited for did not come");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Asks for a source; the reply may be a refusal. */
export function requestSource(server: TestServer, { code, props, name }: TestSourceOptions): Promise<ApiReply> {
  const module = code.trimStart().startsWith("{") ? `export default ${code}` : code;
  return server.call("POST", "/sources", {
    component_code: module,
    configured_props: props ?? {},
    ...(name !== undefined && { name }),
  });
}

/** A source deployed on a test server. */
export class TestSource {
  readonly id: string;
  readonly server: TestServer;
  readonly data: JsonObject;

  private constructor(server: TestServer, data: JsonObject) {
    this.server = server;
    this.data = data;
    const { id } = data;
    assert.ok(typeof id === "string");
    this.id = id;
  }

  /** Deploys one, which must succeed. */
  static async deploy(server: TestServer, options: TestSourceOptions): Promise<TestSource> {
    const reply = await requestSource(server, options);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return new TestSource(server, (reply.body as { data: JsonObject }).data);
  }

  /** The URL of its `http` prop. */
  get endpoint(): string {
    return (this.data["configured_props"] as { http: { endpoint_url: string } }).http.endpoint_url;
  }

  /** Payloads of a channel, oldest first. */
  async events(channel = ""): Promise<unknown[]> {
    const { rows } = await this.server.db.query<{ payload: string }>(
      "select payload from events where emitter_id = $1 and channel = $2 order by event_id",
      [this.id, channel],
    );
    return rows.map((row) => JSON.parse(row.payload) as unknown);
  }

  /** Waits until a channel holds `count` events. */
  waitForEvents(count: number, channel = ""): Promise<unknown[]> {
    return eventually(async () => {
      const events = await this.events(channel);
      return events.length >= count && events;
    });
  }

  /** Its runs, oldest first. */
  async runs(): Promise<TestRun[]> {
    const reply = await this.server.call("GET", `/sources/${this.id}/runs?limit=100`);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return (reply.body as { data: TestRun[] }).data.toReversed();
  }

  /** Waits for a run that `matches`. */
  waitForRun(matches: (run: TestRun) => boolean): Promise<TestRun> {
    return eventually(async () => (await this.runs()).find(matches));
  }

  put(change: JsonObject): Promise<ApiReply> {
    return this.server.call("PUT", `/sources/${this.id}`, change);
  }

  delete(query = ""): Promise<ApiReply> {
    return this.server.call("DELETE", `/sources/${this.id}${query}`);
  }

  async get(): Promise<JsonObject> {
    const reply = await this.server.call("GET", `/sources/${this.id}`);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return (reply.body as { data: JsonObject }).data;
  }
}
