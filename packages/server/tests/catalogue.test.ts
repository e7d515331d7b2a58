import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import type { CatalogueProblem } from "../src/accounts/catalogue/index.ts";
import { addUser, startTestApi, type TestApi } from "../testing/index.ts";

const DIR = fileURLToPath(new URL("../catalogue/", import.meta.url));
const acme = {
  slug: "acme",
  name: "Acme",
  description: "Anvils and magnets.",
  categories: ["E-Commerce"],
  auth: { type: "keys", fields: [{ name: "api_key", label: "API key", type: "password" }] },
};

interface App {
  id: string;
  name_slug: string;
  name: string;
  auth_type: string;
  img_src: string;
  custom_fields_json: string;
}

let api: TestApi;
let operatorDir: string;
let problems: CatalogueProblem[] = [];

/** What a node does at its start. */
async function start(on: TestApi = api): Promise<void> {
  problems = [];
  await on.services.apps.editor.start({ dir: DIR, operatorDir, onProblem: (problem) => problems.push(problem) });
}

function writeFile(slug: string, content: unknown): void {
  writeFileSync(join(operatorDir, `${slug}.json`), JSON.stringify(content));
}

before(async () => {
  operatorDir = mkdtempSync(join(tmpdir(), "millrace-operator-"));
  api = await startTestApi();
  await start();
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(operatorDir, { recursive: true });
});

async function get<T>(path: string): Promise<T> {
  const reply = await api.call("GET", `/v1${path}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return (reply.body as { data: T }).data;
}

async function slugs(query: string): Promise<string[]> {
  return (await get<App[]>(`/apps?${query}`)).map((app) => app.name_slug);
}

async function change(method: string, path: string, definition?: unknown) {
  return api.call(method, `/v1${path}`, definition === undefined ? {} : { body: { definition } });
}

void test("a new instance has the whole catalogue, under the ids of its files", async () => {
  const { body } = await api.call("GET", "/v1/apps?limit=1");
  assert.ok((body as { page_info: { total_count: number } }).page_info.total_count >= 300);
  const github = await get<App>("/apps/github");
  assert.deepEqual([github.id, github.auth_type], ["app_PXJLZEi", "oauth"]);
  assert.equal((await get<App>(`/apps/${github.id}`)).name_slug, "github");
});

void test("apps are found by slug, name and description, the best matches first", async () => {
  assert.deepEqual((await slugs("q=Slack")).slice(0, 3), ["slack", "slack_bot", "slack_v2"]);
  assert.equal((await slugs("q=google sheets"))[0], "google_sheets");
  assert.equal((await slugs("q=sheets"))[0], "google_sheets");
  assert.ok((await slugs("q=spreadsheets")).includes("google_sheets"));
  assert.deepEqual(await slugs("q=%25"), []);
});

void test("matches page like any list, whatever orders them", async () => {
  for (const query of ["q=mail", "sort_key=featured_weight", "sort_key=name_slug&sort_direction=desc"]) {
    const whole = await slugs(`${query}&limit=20`);
    const first = await api.call("GET", `/v1/apps?${query}&limit=7`);
    const { page_info, data } = first.body as { page_info: { end_cursor: string }; data: App[] };
    const rest = await slugs(`${query}&limit=13&after=${page_info.end_cursor}`);
    assert.deepEqual([...data.map((app) => app.name_slug), ...rest], whole, query);
  }
  assert.equal((await slugs("sort_key=featured_weight"))[0], "slack");
});

void test("fields of an app are told in the form that clients know", async () => {
  const bot = await get<App>("/apps/slack_bot");
  assert.equal(
    bot.custom_fields_json,
    '[{"name":"bot_token","label":"Bot Token","description":null,"default":null,"optional":null,"type":"password"}]',
  );
});

void test("logos are served to browsers without a token, and can do nothing there", async () => {
  for (const slug of ["github", "slack"]) {
    const { img_src } = await get<App>(`/apps/${slug}`);
    assert.ok(img_src.startsWith(`${api.url}/v1/apps/app_`), img_src);
    const reply = await fetch(img_src);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("content-type"), "image/svg+xml");
    assert.equal(reply.headers.get("x-content-type-options"), "nosniff");
    assert.match(reply.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.match(await reply.text(), /^<svg [^]*<\/svg>$/);
    const again = await fetch(img_src, { headers: { "if-none-match": reply.headers.get("etag") ?? "" } });
    assert.equal(again.status, 304);
  }
  assert.equal((await fetch(`${api.url}/v1/apps/nonsense/logo`)).status, 404);
});

void test("a start writes nothing when the files say what they said before", async () => {
  const versions = async () => (await api.db.query("select xmin::text, name_slug from apps order by name_slug")).rows;
  const written = await versions();
  await start();
  assert.deepEqual(await versions(), written);
});

void test("several nodes that start at once agree", async () => {
  await api.db.query("delete from instance_settings where name = 'catalogue_hash'");
  await using second = await startTestApi({ besides: api });
  await Promise.all([start(), start(second), start(), start(second)]);
  assert.equal((await get<App>("/apps/github")).id, "app_PXJLZEi");
});

void test("an operator's files change apps and add some; a mistake costs that file alone", async () => {
  writeFile("github", {
    name: "GitHub Enterprise",
    auth: { authorizeUrl: "https://git.acme.test/login/oauth/authorize" },
  });
  writeFile("ours", { ...acme, slug: "ours", id: "app_ours123" });
  writeFile("gitlab", { auth: { tokenUrl: 5 } });
  await start();
  assert.deepEqual(
    problems.map(({ file, problems: [first] }) => [file, first?.path]),
    [[join(operatorDir, "gitlab.json"), "auth.tokenUrl"]],
  );
  const github = await get<App>("/apps/github");
  assert.deepEqual([github.id, github.name], ["app_PXJLZEi", "GitHub Enterprise"]);
  const definition = await get<{ auth: Record<string, unknown> }>("/apps/github/definition");
  assert.equal(definition.auth["authorizeUrl"], "https://git.acme.test/login/oauth/authorize");
  assert.equal(definition.auth["tokenUrl"], "https://github.com/login/oauth/access_token");
  assert.equal((await get<App>("/apps/gitlab")).name, "GitLab");
  for (const slug of ["github", "ours", "gitlab"]) rmSync(join(operatorDir, `${slug}.json`));
  await start();
  assert.equal((await get<App>("/apps/github")).name, "GitHub");
  assert.equal((await api.call("GET", "/v1/apps/ours")).status, 404);
});

void test("an app that accounts use outlives its file", async () => {
  writeFile("kept", { ...acme, slug: "kept", id: "app_kept123" });
  await start();
  const account = await api.call("POST", "/v1/accounts", { body: { app: "kept", credentials: { api_key: "k" } } });
  assert.equal(account.status, 200, JSON.stringify(account.body));
  rmSync(join(operatorDir, "kept.json"));
  await start();
  assert.equal((await get<App>("/apps/kept")).id, "app_kept123");
});

void test("an app that a component named first keeps its id when the catalogue learns of it", async () => {
  const row = { app_id: "app_older11", name_slug: "late", name: "Late", description: null, img_src: null };
  await api.db.kysely
    .insertInto("apps")
    .values({ ...row, created_at_ms: Date.now(), definition: null })
    .execute();
  writeFile("late", { ...acme, slug: "late", id: "app_late123", name: "Latest" });
  await start();
  const late = await get<App & { id: string }>("/apps/late");
  assert.deepEqual([late.id, late.name], ["app_older11", "Latest"]);
  assert.equal((await get<{ id: string }>("/apps/late/definition")).id, "app_older11");
  rmSync(join(operatorDir, "late.json"));
});

void test("an owner of the first workspace adds, changes and removes apps by API, and starts keep that", async () => {
  const made = await change("POST", "/apps", acme);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id } = (made.body as { data: App }).data;
  assert.match(id, /^app_[0-9A-Za-z]{7,}$/);
  assert.equal((await change("POST", "/apps", acme)).status, 409);
  assert.equal((await change("PUT", `/apps/${id}`, { auth: { fields: [] }, icon: "github" })).status, 200);
  await api.db.query("delete from instance_settings where name = 'catalogue_hash'");
  await start();
  const definition = await get<Record<string, unknown>>("/apps/acme/definition");
  assert.deepEqual(definition["auth"], { type: "keys", fields: [] });
  assert.equal(definition["icon"], "github");
  assert.equal((await change("DELETE", "/apps/acme")).status, 204);
  assert.equal((await api.call("GET", `/v1/apps/${id}`)).status, 404);
});

void test("what the API says about an app of the catalogue can be taken back", async () => {
  assert.equal((await change("DELETE", "/apps/notion")).status, 409);
  assert.equal((await change("PUT", "/apps/notion", { name: "Our Notion", test: null })).status, 200);
  assert.equal((await change("PUT", "/apps/notion", { categories: ["Wiki"] })).status, 200);
  const changed = await get<Record<string, unknown>>("/apps/notion/definition");
  assert.deepEqual([changed["name"], changed["test"], changed["categories"]], ["Our Notion", undefined, ["Wiki"]]);
  assert.equal((await change("DELETE", "/apps/notion")).status, 204);
  assert.equal((await get<App>("/apps/notion")).name, "Notion");
});

void test("an app that accounts use is not deleted", async () => {
  await change("POST", "/apps", { ...acme, slug: "used" });
  const account = await api.call("POST", "/v1/accounts", { body: { app: "used", credentials: { api_key: "k" } } });
  assert.equal(account.status, 200);
  const refused = await change("DELETE", "/apps/used");
  assert.equal(refused.status, 409);
});

void test("wrong definitions are refused, naming every field", async () => {
  const reply = await change("POST", "/apps", {
    ...acme,
    slug: "A b",
    auth: { type: "keys", fields: [{ name: "1" }] },
  });
  assert.equal(reply.status, 400);
  const paths = (reply.body as { details: { path: string }[] }).details.map(({ path }) => path);
  assert.deepEqual(paths.toSorted(), [
    "definition.auth.fields[0].label",
    "definition.auth.fields[0].name",
    "definition.slug",
  ]);
  assert.equal((await change("PUT", "/apps/github", { slug: "x" })).status, 400);
  assert.equal((await change("PUT", "/apps/nonsense", { name: "x" })).status, 404);
});

void test("names that every object answers to are refused in maps, by their path", async () => {
  const detailsOf = async (path: string, body: string): Promise<unknown> => {
    const reply = await api.call("POST", path, { body });
    assert.equal(reply.status, 400, JSON.stringify(reply.body));
    return (reply.body as { details: unknown }).details;
  };
  const message = "cannot be a name here";
  for (const name of ["__proto__", "constructor", "prototype"]) {
    const definition = JSON.stringify(acme).replace("{", `{"${name}": {"admin": true},`);
    assert.deepEqual(await detailsOf("/v1/apps", `{"definition": ${definition}}`), [
      { path: `definition.${name}`, message },
    ]);
    const test = `{"url": "https://acme.test", "headers": {"${name}": "x"}}`;
    const nested = JSON.stringify(acme).replace("{", `{"test": ${test},`);
    const [problem] = (await detailsOf("/v1/apps", `{"definition": ${nested}}`)) as { path: string }[];
    assert.equal(problem?.path, `definition.test.headers.${name}`);
    const field = JSON.stringify(acme).replace("api_key", name);
    const [wrongField] = (await detailsOf("/v1/apps", `{"definition": ${field}}`)) as { path: string }[];
    assert.equal(wrongField?.path, "definition.auth.fields[0].name");
    assert.deepEqual(await detailsOf("/v1/accounts", `{"app": "slack_bot", "credentials": {"${name}": "x"}}`), [
      { path: `credentials.${name}`, message },
    ]);
  }
});

void test("nobody else changes the catalogue: it would lead the accounts of all workspaces elsewhere", async () => {
  const stranger = await addUser(api.db);
  const admin = await addUser(api.db, {
    memberOf: { orgId: api.credentials.org_id, role: "admin" },
    ownsWorkspace: false,
  });
  for (const { apiKey: token } of [stranger, admin]) {
    const body = { definition: { name: "Evil" } };
    assert.equal((await api.call("PUT", "/v1/apps/github", { token, body })).status, 403);
    assert.equal((await api.call("POST", "/v1/apps", { token, body: { definition: acme } })).status, 403);
    assert.equal((await api.call("DELETE", "/v1/apps/github", { token })).status, 403);
  }
  assert.equal((await api.call("PUT", "/v1/apps/github", { token: null, body: { definition: {} } })).status, 401);
});
