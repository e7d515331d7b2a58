import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import Fastify from "fastify";
import { load, type Load, type LoadRequest } from "./load.ts";
import { startBenchServer, type BenchServer } from "./workflow-bench.ts";

const ROWS = 10_000;
const CONNECTIONS = 16;
const SECONDS = 4;

/** A request, and whether it is answered by 2xx. */
interface Call extends LoadRequest {
  readonly isRefused?: boolean;
}

/** What the framework alone does: one route that answers an object, in a process of its own. */
async function serveBareRoute(): Promise<void> {
  const app = Fastify();
  app.get("/bare", async () => ({ data: { id: "proj_1234567890", name: "bare", created_at: 1 } }));
  console.log(await app.listen({ port: 0, host: "127.0.0.1" }));
}

async function startBareRoute() {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "bare"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: `${line.toString("utf8").trim()}/bare`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "close");
    },
  };
}

async function measure(call: Call): Promise<Load> {
  await load(call, { seconds: 1, connections: CONNECTIONS });
  const result = await load(call, { seconds: SECONDS, connections: CONNECTIONS });
  const wrong = call.isRefused === true ? result.accepted : result.refused;
  if (wrong > 0) throw new Error(`${call.url}: ${wrong} other answers than expected`);
  return result;
}

async function fillProjects({ api }: BenchServer): Promise<void> {
  let left = ROWS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await api.data("POST", "/projects", { name: `project ${left}` });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

interface Page {
  readonly page_info: { readonly end_cursor: string };
  readonly data: readonly { readonly id: string }[];
}

/** The calls that are measured, by name. */
async function callsOf(server: BenchServer): Promise<Record<string, Call>> {
  const { url, api } = server;
  const [workspace] = await api.data<{ id: string }[]>("GET", "/workspaces");
  const workspaceId = workspace?.id ?? "";
  const client = await api.data<Client>("POST", `/workspaces/${workspaceId}/oauth_clients`, { name: "bench" });
  const { client_id, client_secret } = client;
  const body = JSON.stringify({ grant_type: "client_credentials", client_id, client_secret });
  const issue = {
    url: `${url}/v1/oauth/token`,
    method: "POST" as const,
    headers: { "content-type": "application/json" },
    body,
  };
  const issued = await fetch(issue.url, issue);
  const { access_token } = (await issued.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const list = `${url}/v1/workspaces/${workspaceId}/projects`;
  let page = (await (await fetch(`${list}?limit=100`, { headers })).json()) as Page;
  for (let count = 1; count < ROWS / 200; count++) {
    const after = page.page_info.end_cursor;
    page = (await (await fetch(`${list}?limit=100&after=${after}`, { headers })).json()) as Page;
  }
  return {
    "issue a token": issue,
    // The workspace is not the token's: answered as soon as the token has been checked.
    "check a token": { url: `${url}/v1/workspaces/o_unknown`, headers, isRefused: true },
    "get one": { url: `${url}/v1/projects/${page.data[0]?.id}`, headers },
    "list, first 10 of 10,000": { url: list, headers },
    "list, 10 in the middle": { url: `${list}?after=${page.page_info.end_cursor}`, headers },
    "list, 100 in the middle": { url: `${list}?limit=100&after=${page.page_info.end_cursor}`, headers },
  };
}

/** Calls of the API, each beside a bare route of the framework that was measured just before. */
async function main(): Promise<void> {
  await using server = await startBenchServer();
  await using bareRoute = await startBareRoute();
  await fillProjects(server);
  const table: Record<string, object> = {};
  for (const [name, call] of Object.entries(await callsOf(server))) {
    const bare = await measure({ url: bareRoute.url });
    const { perSecond, p50Ms, p99Ms } = await measure(call);
    table[name] = {
      perSecond,
      p50Ms,
      p99Ms,
      barePerSecond: bare.perSecond,
      ratio: (perSecond / bare.perSecond).toFixed(3),
    };
  }
  console.table(table);
}

await (process.argv[2] === "bare" ? serveBareRoute() : main());
