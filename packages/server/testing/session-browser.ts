import type { TestReply } from "./test-api.ts";

interface SessionData {
  user: { id: string; username: string; email: string; has_password: boolean };
  workspaces: { id: string; orgname: string; name: string; role: string }[];
  session: { id: string; method: string; is_current: boolean };
  csrf_token: string;
}

/** A browser with a page of the instance open: keeps cookies, and says where its requests come from. */
export class SessionBrowser {
  readonly url: string;
  readonly cookies = new Map<string, string>();
  /** Of the page; of another site when it differs from `url`. */
  origin: string;
  csrfToken: string | null = null;

  constructor(url: string) {
    this.url = url;
    this.origin = url;
  }

  /** Sends a request as the page would; `path` is below `/v1`. */
  async call(method: string, path: string, body?: unknown): Promise<TestReply> {
    const headers: Record<string, string> = { cookie: this.cookieHeader() };
    if (method !== "GET") headers["origin"] = this.origin;
    if (body !== undefined) headers["content-type"] = "application/json";
    if (this.csrfToken !== null) headers["x-csrf-token"] = this.csrfToken;
    const content = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(`${this.url}/v1${path}`, { method, headers, body: content, redirect: "manual" });
    this.keep(response.headers);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
  }

  /** Logs in by whichever operation does that; throws unless it succeeds. */
  async enter(path: string, body: unknown): Promise<SessionData> {
    const reply = await this.call("POST", path, body);
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    const { data } = reply.body as { data: SessionData };
    this.csrfToken = data.csrf_token;
    return data;
  }

  cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Takes over the cookies of a reply. */
  keep(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      if (/max-age=0\b/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, decodeURIComponent(value));
    }
  }
}
