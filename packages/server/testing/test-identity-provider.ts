import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Provider } from "oidc-provider";

/** What the provider says of a person. */
export interface Person {
  email?: string;
  email_verified?: boolean;
}

interface Step {
  status: number;
  location: string | null;
  html: string;
}

const MOST_STEPS = 12;

/** A real OpenID Connect provider on loopback, with one client. Its people log in without a password. */
export class TestIdentityProvider {
  readonly issuer: string;
  readonly clientId = "millrace";
  readonly clientSecret = "a secret of this test alone";
  /** By login. */
  readonly people = new Map<string, Person>();
  readonly #server: Server;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.issuer = issuer;
  }

  static async start(redirectUri: string): Promise<TestIdentityProvider> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const started = new TestIdentityProvider(server, `http://127.0.0.1:${port}`);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const provider = new Provider(started.issuer, {
      clients: [
        {
          client_id: started.clientId,
          client_secret: started.clientSecret,
          redirect_uris: [redirectUri],
        },
      ],
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: [] },
      cookies: { keys: ["a key of this test alone"] },
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
      pkce: { required: () => true },
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, ...started.people.get(sub) }),
      }),
    });
    const handle = provider.callback();
    server.on("request", (request, response) => handle(request, response));
    return started;
  }

  /** Walks through the provider's pages as a person; returns where it sends the browser back to. */
  async signIn(authorizationUrl: string, login: string): Promise<string> {
    const cookies = new Map<string, string>();
    let step = await send(authorizationUrl, { cookies });
    let url = authorizationUrl;
    for (let count = 0; count < MOST_STEPS; count++) {
      if (step.location !== null) {
        url = new URL(step.location, url).href;
        if (!url.startsWith(this.issuer)) return url;
        step = await send(url, { cookies });
      } else {
        const prompt = /name="prompt" value="(\w+)"/.exec(step.html)?.[1];
        if (prompt === undefined) throw new Error(`The provider answered ${step.status}: ${step.html}`);
        url = new URL(/action="([^"]+)"/.exec(step.html)?.[1] ?? "", url).href;
        step = await send(url, { cookies, form: { prompt, login, password: "any" } });
      }
    }
    throw new Error("the provider never sends the browser back");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

async function send(
  url: string,
  { cookies, form }: { cookies: Map<string, string>; form?: Record<string, string> },
): Promise<Step> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const response = await fetch(url, {
    ...(form && { method: "POST", body: new URLSearchParams(form) }),
    headers: { cookie },
    redirect: "manual",
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    cookies.set(name, value);
  }
  return { status: response.status, location: response.headers.get("location"), html: await response.text() };
}
