import type { OauthAppRow } from "../../../accounts/index.ts";

/** An OAuth client as replies show it: without its secret. */
export function oauthAppOf(row: OauthAppRow, redirectUri: string) {
  return {
    id: row.oauth_app_id,
    app: { id: row.app_id, name: row.app_name, name_slug: row.app_slug },
    name: row.name,
    description: row.description,
    client_id: row.client_id,
    scopes: row.scopes,
    additional_scopes: row.additional_scopes,
    authorize_params: JSON.parse(row.authorize_params_json) as Record<string, string>,
    redirect_uri: redirectUri,
    owner_id: row.org_id,
    created_at: new Date(row.created_at_ms).toISOString(),
    updated_at: new Date(row.updated_at_ms).toISOString(),
  };
}
