import { oauthScopes } from "@millrace/contract";
import type { FastifyInstance } from "fastify";

export interface WellKnownOptions {
  publicUrl: string;
  /** The public keys that access tokens are signed with. */
  jwks(): object;
}

const JWKS_PATH = "/.well-known/jwks.json";
const METADATA_PATH = "/.well-known/oauth-authorization-server";
// A new key is published an hour before it signs.
const KEPT_FOR = "public, max-age=300";

/** Tells OAuth clients and those who check tokens themselves what they need to know (RFC 8414). Returns the paths. */
export function serveWellKnown(app: FastifyInstance, { publicUrl, jwks }: WellKnownOptions): string[] {
  const metadata = {
    issuer: publicUrl,
    token_endpoint: `${publicUrl}/v1/oauth/token`,
    revocation_endpoint: `${publicUrl}/v1/oauth/revoke`,
    jwks_uri: publicUrl + JWKS_PATH,
    grant_types_supported: ["client_credentials"],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    scopes_supported: oauthScopes,
    service_documentation: `${publicUrl}/docs`,
  };
  app.get(METADATA_PATH, (_request, reply) => reply.header("cache-control", KEPT_FOR).send(metadata));
  app.get(JWKS_PATH, (_request, reply) => reply.header("cache-control", KEPT_FOR).send(jwks()));
  return [METADATA_PATH, JWKS_PATH];
}
