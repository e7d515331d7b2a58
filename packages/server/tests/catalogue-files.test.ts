import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { appDefinitionSchema } from "@millrace/contract";
import { fieldsOf, loadCatalogue, type AppDefinition } from "../src/accounts/catalogue/index.ts";

const DIR = new URL("../catalogue/", import.meta.url);

function readAll() {
  const problems: unknown[] = [];
  const onProblem = (problem: unknown): void => void problems.push(problem);
  const { apps } = loadCatalogue({ dir: fileURLToPath(DIR), operatorDir: null, onProblem });
  return { problems, definitions: [...apps.values()].map(({ definition }) => definition) };
}

const { problems, definitions } = readAll();

/** Names of the apps for which `isWrong`. */
function wrong(isWrong: (definition: AppDefinition) => boolean): string[] {
  return definitions.filter(isWrong).map(({ slug }) => slug);
}

function urlsOf({ auth, test: request }: AppDefinition): string[] {
  const urls = Object.entries(auth).flatMap(([name, value]) =>
    name.endsWith("Url") && typeof value === "string" ? [value] : [],
  );
  return [...urls, ...(request ? [request.url] : [])];
}

/** With every field filled in as people would. */
function filled(url: string): string {
  return url.replace(/^\{\{\w+\}\}/, "https://example.com").replaceAll(/\{\{\w+\}\}/g, "acme.test");
}

function hostFields(url: string): string[] {
  const host = /^https:\/\/[^/?#]*/.exec(url)?.[0] ?? "";
  return [...host.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "");
}

void describe("the catalogue's files", () => {
  void test("fit the schema, with ids and slugs of their own, and placeholders that name fields", () => {
    assert.deepEqual(problems, []);
    assert.ok(definitions.length >= 300, `${definitions.length} apps`);
    assert.equal(new Set(definitions.map(({ id }) => id)).size, definitions.length);
  });

  void test("tell editors the very schema that the server checks", () => {
    const shown: unknown = JSON.parse(readFileSync(new URL("app.schema.json", DIR), "utf8"));
    const $schema = "https://json-schema.org/draft/2020-12/schema";
    assert.deepEqual(shown, JSON.parse(JSON.stringify({ $schema, ...appDefinitionSchema })));
  });

  void test("name only https URLs without credentials", () => {
    const isBad = (url: string): boolean => {
      const parsed = URL.parse(filled(url));
      return parsed?.protocol !== "https:" || parsed.username !== "" || !parsed.hostname.includes(".");
    };
    assert.deepEqual(
      wrong((definition) => urlsOf(definition).some(isBad)),
      [],
    );
  });

  void test("give every field that stands in a host a pattern", () => {
    const isOpen = (definition: AppDefinition): boolean => {
      const guarded = new Set(
        fieldsOf(definition)
          .filter((field) => field.pattern)
          .map((field) => field.name),
      );
      const names = urlsOf(definition).flatMap(hostFields);
      return names.some((name) => !guarded.has(name));
    };
    assert.deepEqual(wrong(isOpen), []);
  });

  void test("name icons that exist", () => {
    const icons = new URL("icons/", import.meta.resolve("simple-icons"));
    assert.deepEqual(
      wrong(({ icon }) => icon !== undefined && !existsSync(new URL(`${icon}.svg`, icons))),
      [],
    );
  });

  void test("have a sentence of description, a category, and secrets that forms hide", () => {
    assert.deepEqual(
      wrong(({ description, categories }) => description.length < 8 || categories.length === 0),
      [],
    );
    const isShown = (definition: AppDefinition): boolean =>
      fieldsOf(definition).some(({ name, type }) => /secret|password|private_?key/i.test(name) && type !== "password");
    assert.deepEqual(wrong(isShown), []);
  });

  void test("ask for something: keys have fields, OAuth 2.0 has its two URLs on hosts that are not made up", () => {
    assert.deepEqual(
      wrong(({ auth }) => auth.type === "keys" && auth.fields.length === 0),
      [],
    );
    assert.deepEqual(
      wrong((definition) => urlsOf(definition).some((url) => /example\.|localhost/.test(url))),
      [],
    );
  });

  void test("keep the ids and names of the apps that were there from the first", () => {
    const known = definitions.filter(({ slug }) => ["slack", "slack_bot"].includes(slug));
    assert.deepEqual(
      known.map(({ id, slug, name, categories }) => [id, slug, name, categories]),
      [
        ["app_OkrhR1", "slack", "Slack", ["Communication"]],
        ["app_mWnheL", "slack_bot", "Slack Bot", ["Communication"]],
      ],
    );
  });
});
