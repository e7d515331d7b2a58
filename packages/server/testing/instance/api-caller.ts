export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; the text itself when it is not JSON; null when empty. */
  readonly body: unknown;
}

/** A caller of the REST API that knows nothing but a URL and a key, like any user's program. */
export class ApiCaller {
  readonly url: string;
  private readonly apiKey: string;

  constructor(access: { url: string; apiKey: string }) {
    this.url = access.url;
    this.apiKey = access.apiKey;
  }

  /** Sends one request, `path` being below `/v1`, and returns whatever comes back. */
  async call(method: string, path: string, body?: unknown): Promise<ApiReply> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.apiKey}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const content = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(`${this.url}/v1${path}`, { method, headers, body: content });
    return { status: response.status, headers: response.headers, body: parse(await response.text()) };
  }

  /** Like `call`, for a request that must succeed: returns the `data` of the reply. */
  async data<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await this.call(method, path, body);
    if (reply.status >= 300) {
      throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    }
    return (reply.body as { data: T }).data;
  }

  /** Connects an account of the app that a component names. Saving the component makes the app known. */
  async connect(app: string, options: { componentUrl: string; credentials: Record<string, unknown> }): Promise<string> {
    await this.data("POST", "/components", { component_url: options.componentUrl });
    const { credentials } = options;
    return (await this.data<{ id: string }>("POST", "/accounts", { app, name: "Test", credentials })).id;
  }

  /** Makes a webhook to `url` that hears a channel of a source. Returns the webhook's id. */
  async deliverTo(url: string, emitterId: string, channel = ""): Promise<string> {
    const webhook = await this.data<{ id: string }>("POST", "/webhooks", { url, name: "test", description: "test" });
    const names = channel === "" ? {} : { event_name: channel };
    await this.data("POST", "/subscriptions", { emitter_id: emitterId, listener_id: webhook.id, ...names });
    return webhook.id;
  }

  /** All events that a source keeps on a channel, newest first, whole. */
  async eventsOf<T = unknown>(sourceId: string, channel = ""): Promise<T[]> {
    const events: T[] = [];
    for (let after = ""; ;) {
      const query = new URLSearchParams({ limit: "100", expand: "event", event_name: channel });
      if (after !== "") query.set("after", after);
      const reply = await this.call("GET", `/sources/${sourceId}/event_summaries?${query.toString()}`);
      if (reply.status !== 200) throw new Error(`event_summaries answered ${reply.status}`);
      const page = reply.body as { page_info: { end_cursor: string | null }; data: { event: T }[] };
      events.push(...page.data.map((item) => item.event));
      const next = page.page_info.end_cursor;
      if (page.data.length < 100 || next === null || next === after) return events;
      after = next;
    }
  }
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
