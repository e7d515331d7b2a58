import { oauthScopes, scopesOf, type Operation } from "@millrace/contract";

/** The ways to say who is calling, as the OpenAPI document names them. */
export function securitySchemes(publicUrl: string) {
  return {
    api_key: { type: "http", scheme: "bearer", description: "A user API key." },
    oauth: {
      type: "oauth2",
      description: "An access token of an OAuth client of the workspace.",
      flows: {
        clientCredentials: {
          tokenUrl: `${publicUrl}/v1/oauth/token`,
          scopes: Object.fromEntries(oauthScopes.map((name) => [name, meaningOf(name)])),
        },
      },
    },
    session: {
      type: "apiKey",
      in: "cookie",
      name: publicUrl.startsWith("https:") ? "__Host-millrace_session" : "millrace_session",
      description: "A logged-in browser; what changes something also needs the header `x-csrf-token`.",
    },
    client: { type: "http", scheme: "basic", description: "An OAuth client's id and secret; or in the body." },
  };
}

/** Which of them an operation takes; one is enough. */
export function securityOf(operation: Operation): Record<string, string[]>[] {
  if (operation.dialect === "oauth") return [{ client: [] }, {}];
  if (operation.access === "public") return [];
  const asUser = [...(operation.access === "session" ? [] : [{ api_key: [] }]), { session: [] }];
  return operation.access === "token"
    ? [...asUser, ...scopesOf(operation).map((scope) => ({ oauth: [scope] }))]
    : asUser;
}

function meaningOf(scope: string): string {
  if (scope === "*") return "Everything";
  if (scope === "read") return "Every GET, but no credentials of accounts";
  if (scope === "write") return "All of the REST API";
  return `Connect: ${scope.replace(/^connect:/, "").replaceAll(":", " ")}`;
}
