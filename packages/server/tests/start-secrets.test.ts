import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { emptyDatabase, SessionBrowser } from "../testing/index.ts";
import { Instance, removeDataDir } from "../testing/instance/index.ts";

const GOOD_KEY = "Q2r0vKf1yZ8hXs5wLb7nTd3gJm6pUc9e";
const OTHER_KEY = "W7c1mNd4pRt9uAe2xGk6bVh5qZs8jLy3";

async function outputOfRefusal(dataDir: string, env: Readonly<Record<string, string>>): Promise<string> {
  const instance = await Instance.launch({ dataDir, env });
  const timer = setTimeout(() => instance.killTree(), 20_000);
  const { code } = await instance.exited;
  clearTimeout(timer);
  assert.ok(code !== null && code !== 0, `ended with ${code} and said: ${instance.output}`);
  return instance.output;
}

void test("in production a secret key that is empty or out of an example stops the start", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
  const production = { NODE_ENV: "production" };
  const bad = ["", "changeme-changeme-changeme-changeme"];
  for (const key of bad) {
    const said = await outputOfRefusal(dataDir, { ...production, MILLRACE_SECRET_KEY: key });
    assert.match(said, /MILLRACE_SECRET_KEY: is (empty|too weak)/, key);
    assert.ok(key.trim() === "" || !said.includes(key), "the key itself is not shown");
  }
  assert.deepEqual(await readdir(dataDir), [], "nothing was written before the refusal");
  await removeDataDir(dataDir);
});

void test("a lost secret key is told, nothing is destroyed, and with the key back everything opens", async () => {
  await using database = await emptyDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
  const env = { DATABASE_URL: database.url };
  const first = await Instance.start({ dataDir, env });
  const caller = await first.caller();
  const body = { app: "slack_bot", credentials: { bot_token: "sealed well" } };
  const { id } = await caller.data<{ id: string }>("POST", "/accounts", body);
  assert.match(first.output, /Set the owner's email and password at http:\/\/localhost:\d+\/setup#/);
  await first.stop();
  const keyFile = join(dataDir, "secret.key");
  await rename(keyFile, `${keyFile}.kept`);
  assert.match(await outputOfRefusal(dataDir, env), /is not the key that this database's secrets were sealed with/);
  assert.match(await outputOfRefusal(dataDir, { ...env, MILLRACE_SECRET_KEY: OTHER_KEY }), /start with the former key/);
  await writeFile(keyFile, await readFile(`${keyFile}.kept`, "utf8"));
  const again = await first.restart();
  const path = `/accounts/${id}?include_credentials=true`;
  const account = await (await again.caller()).data<{ credentials: object }>("GET", path);
  assert.deepEqual(account.credentials, body.credentials);
  await again.stop();
  await removeDataDir(dataDir);
});

void test("a start with the former secret key beside the new one opens everything, and later ones need the new one alone", async () => {
  await using database = await emptyDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
  const env = { DATABASE_URL: database.url };
  const first = await Instance.start({ dataDir, env: { ...env, MILLRACE_SECRET_KEY: GOOD_KEY } });
  const body = { app: "slack_bot", credentials: { bot_token: "sealed well" } };
  const { id } = await (await first.caller()).data<{ id: string }>("POST", "/accounts", body);
  await first.stop();
  const both = { ...env, MILLRACE_SECRET_KEY: OTHER_KEY, MILLRACE_SECRET_KEY_FORMER: GOOD_KEY };
  const alone = { ...env, MILLRACE_SECRET_KEY: OTHER_KEY };
  for (const settings of [both, alone]) {
    const next = await Instance.start({ dataDir, env: settings });
    const path = `/accounts/${id}?include_credentials=true`;
    const account = await (await next.caller()).data<{ credentials: object }>("GET", path);
    assert.deepEqual(account.credentials, body.credentials);
    await next.stop();
  }
  assert.match(
    await outputOfRefusal(dataDir, { ...env, MILLRACE_SECRET_KEY: GOOD_KEY }),
    /is not the key that this database's secrets were sealed with/,
  );
  await removeDataDir(dataDir);
});

void test("somebody who lost the password gets a link from whoever runs the server", async () => {
  await using database = await emptyDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-secrets-"));
  const env = { DATABASE_URL: database.url, MILLRACE_SECRET_KEY: GOOD_KEY };
  const asked = { ...env, MILLRACE_RESET_PASSWORD_OF: "admin@localhost" };
  const instance = await Instance.start({ dataDir, env: asked });
  while (!instance.output.includes("/reset-password#")) await new Promise((resolve) => setTimeout(resolve, 10));
  const token = /\/reset-password#(\S+)/.exec(instance.output)?.[1];
  const browser = new SessionBrowser(instance.url);
  const session = await browser.enter("/auth/password_reset/finish", { token, password: "correct horse battery" });
  assert.equal(session.user.email, "admin@localhost");
  await instance.stop();
  const later = await instance.restart();
  const credentials = JSON.parse(await readFile(join(dataDir, "credentials.json"), "utf8")) as object;
  assert.ok(!("setup_url" in credentials), "there is nothing to set up any more");
  await later.stop();
  await removeDataDir(dataDir);
});
