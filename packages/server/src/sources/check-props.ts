import type { ConfigurableProp, JsonObject } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import { appsOfAccounts, appsWithoutAuth } from "./account-apps.ts";
import { accountsOf, planProps, type PropsPlan } from "./configured-props.ts";

export interface PropsToCheck {
  readonly orgId: string;
  readonly definition: readonly ConfigurableProp[];
  readonly given: JsonObject;
  /** The component's code, asked for only when it matters. */
  bundleText(): Promise<string>;
}

/**
 * Checks configured props of a component against its definition and the workspace's accounts, and adds defaults. The
 * problems are in the answer; their paths begin with `configured_props`.
 */
export async function checkProps(db: Database, toCheck: PropsToCheck): Promise<PropsPlan> {
  const { orgId, definition, given } = toCheck;
  const [accountApps, needsAccount] = await Promise.all([
    appsOfAccounts(db.kysely, orgId, [...accountsOf(definition, given).values()]),
    accountNeeds(db, toCheck),
  ]);
  return planProps({ definition, given, accountApps, needsAccount, nowMs: Date.now() });
}

/**
 * Apps of which the catalogue says so need no account; of the others, those whose component never looks at `$auth`.
 */
async function accountNeeds(
  db: Database,
  { definition, bundleText }: PropsToCheck,
): Promise<(slug: string) => boolean> {
  const slugs = definition.flatMap((prop) => (prop.type === "app" && prop.app !== undefined ? [prop.app] : []));
  if (slugs.length === 0) return () => false;
  const [withoutAuth, code] = await Promise.all([appsWithoutAuth(db.kysely, slugs), bundleText()]);
  const readsAuth = code.includes("$auth");
  return (slug) => readsAuth && !withoutAuth.has(slug);
}
