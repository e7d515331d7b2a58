import assert from "node:assert/strict";

/** A page as a browser has it. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface OpenOptions {
  form?: Readonly<Record<string, string>>;
  stopAt?: string;
}

const MAX_HOPS = 20;

/** A browser without a screen: keeps cookies per host, follows redirects and refreshes, fills in forms, each from a page of the host that it is sent to. */
export class PageBrowser {
  /** By host and name. */
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Goes to an address, and wherever it leads; not to one that holds `stopAt`. */
  async open(url: string, { form, stopAt }: OpenOptions = {}): Promise<Page> {
    let current = { url, form };
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const page = await this.#request(current.url, current.form);
      const next = page.headers.get("location") ?? /^0; url=(.+)$/.exec(page.headers.get("refresh") ?? "")?.[1];
      if (next === undefined) return page;
      current = { url: new URL(next, page.url).href, form: undefined };
      if (stopAt !== undefined && current.url.includes(stopAt)) return { ...page, url: current.url };
    }
    throw new Error(`too many redirects from ${url}`);
  }

  /** Sends the first form of a page with these fields besides its hidden ones. */
  submit(page: Page, fields: Readonly<Record<string, string>> = {}, options: { stopAt?: string } = {}): Promise<Page> {
    const form = /<form[^>]*>([\s\S]*?)<\/form>/.exec(page.text);
    assert.ok(form, `no form on ${page.url}: ${page.text}`);
    const action = /action="([^"]*)"/.exec(form[0])?.[1] ?? "";
    const hidden: Record<string, string> = {};
    for (const [input] of form[0].matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      hidden[/name="([^"]*)"/.exec(input)?.[1] ?? ""] = /value="([^"]*)"/.exec(input)?.[1] ?? "";
    }
    return this.open(new URL(action, page.url).href, { ...options, form: { ...hidden, ...fields } });
  }

  async #request(url: string, form: Readonly<Record<string, string>> | undefined): Promise<Page> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { ...(cookie !== "" && { cookie }), ...(form && { origin: new URL(url).origin }) },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return { url, status: response.status, headers: response.headers, text: await response.text() };
  }
}
