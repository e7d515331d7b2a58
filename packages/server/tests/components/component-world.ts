import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DependencyStore, PlatformLayer, readNpmSettings, RunnerHost } from "@millrace/runner";
import { componentRoutes } from "../../src/api/routes/components/index.ts";
import { Egress } from "../../src/egress/index.ts";
import { ComponentBuilder, Components, egressDownload } from "../../src/registry/index.ts";
import { ComponentSearch, LocalEmbedder } from "../../src/search/index.ts";
import { startTestApi, type TestApi } from "../../testing/index.ts";

export interface ComponentReply {
  data: {
    id: string;
    code: string;
    code_hash: string;
    name: string;
    version: string;
    key: string | null;
    type: string;
    configurable_props: { name: string; type: string }[];
  };
}
export interface ErrorReply {
  error: string;
  code: string;
  details?: { path: string; message: string }[];
  stack?: string;
}

const files: Record<string, string> = {
  "/acme/source.mjs": `import app from "./acme.app.mjs"; export default { key: "acme-url", name: "By URL", version: "0.0.1", props: { app }, async run() {} };`,
  "/acme/acme.app.mjs": `export default { type: "app", app: "acme", propDefinitions: {} };`,
};

/** The API of components over a real runner and dependency store, and a web server that components are read from. */
export async function startComponentWorld() {
  const workDir = await mkdtemp(join(tmpdir(), "millrace-components-"));
  await chmod(workDir, 0o711);
  const server = createServer((request, response) => {
    const text = files[request.url ?? ""] ?? (request.url === "/big.mjs" ? " ".repeat(5_300_000) : undefined);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const egress = new Egress({ rules: { allow: ["127.0.0.1/32"] } });
  const runner = await RunnerHost.start({ workDir, nodePath: process.execPath, egress: { allow: [] }, blankCount: 1 });
  const { storeDir } = runner;
  const dependencies = new DependencyStore({ storeDir, settings: readNpmSettings(process.env) });
  const builder = new ComponentBuilder({
    runner,
    dependencies,
    platform: new PlatformLayer({ store: dependencies, storeDir }),
    download: egressDownload(egress),
    githubRawUrl: origin,
    onError: () => {},
  });
  const routes = componentRoutes({
    get components() {
      return components;
    },
    get componentSearch() {
      return new ComponentSearch({ db: api.db, embedder: new LocalEmbedder(), onError: () => {} });
    },
    get workspaces() {
      return api.services.workspaces;
    },
  });
  const api: TestApi = await startTestApi({ routes });
  const components = new Components({ db: api.db, builder, dependencies });
  const closing = [
    async () => api[Symbol.asyncDispose](),
    () => runner.stop(),
    () => egress.stop(),
    async () => server.close(),
    () => dependencies[Symbol.asyncDispose](),
    () => rm(workDir, { recursive: true, force: true }),
  ];
  const create = async (body: object): Promise<ComponentReply["data"]> => {
    const reply = await api.call("POST", "/v1/components", { body });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return (reply.body as ComponentReply).data;
  };
  const close = async (): Promise<void> => {
    for (const end of closing) await end();
  };
  return { api, runner, components, dependencies, workDir, origin, files, create, close };
}

export type ComponentWorld = Awaited<ReturnType<typeof startComponentWorld>>;

export function source(key: string, version: string, extra = ""): string {
  return `export default { key: "${key}", name: "Source ${key}", version: "${version}", props: { db: "$.service.db", n: { type: "integer", label: "N" } }, async run() {}, ${extra} };`;
}
