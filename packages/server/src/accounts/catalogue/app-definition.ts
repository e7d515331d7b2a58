import type { AppDefinition, AuthField } from "@millrace/contract";

export type { AppDefinition, AuthField, KeysAuth, OAuth1Auth, OAuth2Auth, TestRequest } from "@millrace/contract";

/** The fields that a person fills in to connect an account: the keys themselves, or what an OAuth URL needs. */
export function fieldsOf({ auth }: AppDefinition): readonly AuthField[] {
  return auth.type === "none" ? [] : (auth.fields ?? []);
}
