import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

type Item = Record<string, unknown>;

const TOKEN = "glpat-not-a-secret";

/** Stands in for a GitLab server of one's own: HTTPS on loopback, its token checked, issues, epics and branches kept. */
export class GitlabStandIn implements AsyncDisposable {
  readonly token = TOKEN;
  /** Host and port, as GitLab's component wants them. */
  readonly address: string;
  /** Its own, PEM. */
  readonly certificate: string;
  readonly #server: Server;
  readonly #kept = new Map<string, Item[]>();

  private constructor(server: Server, options: { port: number; certificate: string }) {
    const { port } = options;
    this.certificate = options.certificate;
    this.address = `127.0.0.1:${port}`;
    this.#server = server;
    server.on("request", (request, response) => {
      void text(request).then((body) => {
        const { method = "GET", url = "/" } = request;
        const isKnown = request.headers.authorization === `Bearer ${TOKEN}`;
        const data = body === "" ? {} : (JSON.parse(body) as Item);
        const reply = isKnown ? this.#answer(method, new URL(url, "https://gitlab"), data) : null;
        response.writeHead(isKnown ? (reply ? 200 : 404) : 401, { "content-type": "application/json" });
        response.end(JSON.stringify(reply ?? { message: isKnown ? "404 Not found" : "401 Unauthorized" }));
      });
    });
  }

  static async start(): Promise<GitlabStandIn> {
    const identity = await selfSigned();
    const server = createServer(identity);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return new GitlabStandIn(server, { port, certificate: identity.cert });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #answer(method: string, url: URL, data: Item): Item | Item[] | null {
    const [, path = "", list = "", name] =
      /^\/api\/v4\/((?:projects|groups)\/\d+\/(?:repository\/)?(\w+))(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const kept = this.#kept.get(path) ?? (list === "" ? [] : startOf(list));
    this.#kept.set(path, kept);
    const found = kept.find((item) => String(item["iid"] ?? item["name"]) === name);
    if (method === "GET" && list !== "" && name === undefined) return kept.filter(matching(url.searchParams));
    if (method === "PUT" && found) return Object.assign(found, data);
    if (method !== "POST") return found ?? null;
    const created =
      list === "branches" ? { name: data["branch"], ref: data["ref"] } : { iid: kept.length + 1, ...data };
    kept.push(created);
    return created;
  }
}

function startOf(list: string): Item[] {
  if (list === "branches") return [{ name: "main" }];
  return list === "commits" ? [{ id: "c0ffee", title: "First" }] : [];
}

function matching(query: URLSearchParams): (item: Item) => boolean {
  const wanted = query.get("search") ?? "";
  return (item) => String(item["title"] ?? item["name"]).includes(wanted);
}

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const dir = await mkdtemp(join(tmpdir(), "millrace-gitlab-"));
  try {
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=127.0.0.1";
    const files = ["-keyout", "key", "-out", "cert", "-addext", "subjectAltName=IP:127.0.0.1"];
    await promisify(execFile)("openssl", [...request.split(" "), ...files], { cwd: dir });
    const [key, cert] = [await readFile(join(dir, "key"), "utf8"), await readFile(join(dir, "cert"), "utf8")];
    return { key, cert };
  } finally {
    await rm(dir, { recursive: true });
  }
}
