import assert from "node:assert/strict";
import { startTestApi, type TestApi, type TestReply } from "../../testing/index.ts";

export interface Client {
  client_id: string;
  client_secret: string;
}

export interface TokenReply {
  access_token: string;
  token_type: string;
  expires_in: number;
  created_at: number;
  scope: string;
}

/** Two nodes of one instance, and what a client does with tokens at either. */
export class TokenWorld implements AsyncDisposable {
  readonly api: TestApi;
  readonly otherNode: TestApi;

  private constructor(api: TestApi, otherNode: TestApi) {
    this.api = api;
    this.otherNode = otherNode;
  }

  static async start(): Promise<TokenWorld> {
    const api = await startTestApi();
    return new TokenWorld(api, await startTestApi({ besides: api }));
  }

  async makeClient(body: object = {}): Promise<Client> {
    const path = `/v1/workspaces/${this.api.credentials.org_id}/oauth_clients`;
    const reply = await this.api.call("POST", path, { body: { name: "test", ...body } });
    const { client_id, client_secret } = (reply.body as { data: Client }).data;
    return { client_id, client_secret };
  }

  ask(body: unknown, options: { node?: TestApi; headers?: Record<string, string> } = {}): Promise<TestReply> {
    const { node = this.api, headers } = options;
    return node.call("POST", "/v1/oauth/token", { token: null, body, ...(headers && { headers }) });
  }

  async tokenOf(client: Client, options: { node?: TestApi; scope?: string } = {}): Promise<string> {
    const { scope } = options;
    const body = { grant_type: "client_credentials", ...client, ...(scope !== undefined && { scope }) };
    const reply = await this.ask(body, options);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return (reply.body as TokenReply).access_token;
  }

  revoke(client: Client, token: string, node = this.api): Promise<TestReply> {
    return node.call("POST", "/v1/oauth/revoke", { token: null, body: { token, ...client } });
  }

  async statusWith(token: string, node = this.api): Promise<number> {
    return (await node.call("GET", `/v1/workspaces/${this.api.credentials.org_id}`, { token })).status;
  }

  async refusedSoon(token: string, node: TestApi): Promise<void> {
    const startedAtMs = performance.now();
    while ((await this.statusWith(token, node)) !== 401) assert.ok(performance.now() - startedAtMs < 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.otherNode[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
  }
}
