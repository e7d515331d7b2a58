import type { AppDefinition } from "@millrace/contract";
import type { Database } from "../src/db/index.ts";
import type { Page, PageBrowser } from "./page-browser.ts";

/** The definition of an app whose accounts are connected at an `OAuthServer`. */
export function oauthDefinition(url: string): AppDefinition {
  return {
    id: "app_TestOAuth",
    slug: "test_oauth",
    name: "Test OAuth",
    description: "",
    categories: [],
    auth: {
      type: "oauth2",
      authorizeUrl: `${url}/auth`,
      tokenUrl: `${url}/token`,
      revokeUrl: `${url}/token/revocation`,
      scopes: ["openid", "offline_access", "email", "calendar"],
      scopeDelimiter: " ",
      pkce: true,
      clientAuth: "basic",
      authorizeParams: { prompt: "consent" },
      uid: "sub",
    },
    test: {
      url: `${url}/me`,
      headers: { authorization: "Bearer {{oauth_access_token}}" },
      nameFrom: "email",
    },
  };
}

/** Adds an app to the instance's catalogue. */
export async function saveApp(db: Database, definition: AppDefinition): Promise<void> {
  const { auth } = definition;
  await db.kysely
    .insertInto("apps")
    .values({
      app_id: definition.id,
      name_slug: definition.slug,
      name: definition.name,
      auth_type: auth.type === "oauth2" || auth.type === "oauth1" ? "oauth" : auth.type,
      description: definition.description,
      img_src: null,
      origin: "api",
      definition: JSON.stringify(definition),
      created_at_ms: Date.now(),
    })
    .execute();
}

/** Logs in at an `OAuthServer` and allows what is asked for; follows it back, or to `stopAt`. */
export async function loginAtProvider(
  browser: PageBrowser,
  page: Page,
  options: { stopAt?: string } = {},
): Promise<Page> {
  let current = page;
  while (/name="prompt" value="(login|consent)"/.test(current.text)) {
    const isLogin = current.text.includes('name="prompt" value="login"');
    current = await browser.submit(current, isLogin ? { login: "ada", password: "x" } : {}, options);
  }
  return current;
}
