import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "./daemon-process.ts";

/** What the server's process tells. */
export interface OAuthServerFact {
  kind: "grant" | "refused" | "held" | "grant_revoked" | "refresh_token_destroyed" | "access_token_destroyed";
  type?: string;
  error?: string;
}

export interface OAuthServerOptions {
  redirectUris: readonly string[];
  lifetimeS?: number;
  /** Whether refresh tokens work once. */
  rotates?: boolean;
  clientAuth?: "client_secret_basic" | "client_secret_post";
}

const SCRIPT = fileURLToPath(new URL("oauth-server.mjs", import.meta.url));

/** A real OAuth 2.0 server in a process of its own. */
export class OAuthServer implements AsyncDisposable {
  readonly url: string;
  readonly clientId = "client-of-tests";
  readonly clientSecret = "secret-of-tests-3f91";
  readonly facts: OAuthServerFact[] = [];
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();
  #asked = 0;

  private constructor(options: OAuthServerOptions & { port: number }) {
    this.url = `http://127.0.0.1:${options.port}`;
    const { clientId, clientSecret } = this;
    const defaults = { lifetimeS: 3_600, rotates: true, clientAuth: "client_secret_basic" };
    const settings = JSON.stringify({ ...defaults, ...options, clientId, clientSecret });
    this.#child = fork(SCRIPT, [settings], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    this.#child.on("message", (fact: OAuthServerFact) => {
      this.facts.push(fact);
      this.#news.emit("fact", fact);
    });
  }

  static async start(options: OAuthServerOptions): Promise<OAuthServer> {
    const server = new OAuthServer({ ...options, port: await freePort() });
    await once(server.#child, "message");
    server.facts.length = 0;
    return server;
  }

  /** How many token requests of a kind were granted. */
  grants(type: "authorization_code" | "refresh_token"): number {
    return this.facts.filter((fact) => fact.kind === "grant" && fact.type === type).length;
  }

  /** Waits for the next fact of a kind. */
  async next(kind: OAuthServerFact["kind"]): Promise<OAuthServerFact> {
    for (;;) {
      const [fact] = (await once(this.#news, "fact")) as [OAuthServerFact];
      if (fact.kind === kind) return fact;
    }
  }

  /** Holds back answers of the token endpoint, once it has done all else; or lets them go. */
  hold(isHeld: boolean): Promise<void> {
    return this.#tell({ hold: isHeld });
  }

  /** Answers every token request with a status; 0: works again. */
  outage(status: number): Promise<void> {
    return this.#tell({ outage: status });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async #tell(order: object): Promise<void> {
    const id = ++this.#asked;
    const { promise, resolve } = Promise.withResolvers<void>();
    const hear = (message: { kind: string; id?: number }): void => {
      if (message.kind === "done" && message.id === id) resolve();
    };
    this.#child.on("message", hear);
    this.#child.send({ ...order, id });
    await promise;
    this.#child.off("message", hear);
  }
}
