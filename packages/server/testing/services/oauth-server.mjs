// The process of OAuthServer: a real OAuth 2.0 server with its login and consent pages, a resource, and a switch that
// holds back its answers.
import { once } from "node:events";
import { Provider } from "oidc-provider";

const settings = JSON.parse(process.argv[2] ?? "{}");
const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: settings.redirectUris,
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: settings.clientAuth,
    },
  ],
  scopes: ["openid", "offline_access", "email", "calendar"],
  claims: { openid: ["sub"], email: ["email"] },
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, email: `${sub}@example.com` }) }),
  pkce: { required: () => true },
  rotateRefreshToken: settings.rotates,
  issueRefreshToken: async () => true,
  features: { revocation: { enabled: true }, userinfo: { enabled: true } },
  ttl: {
    AccessToken: settings.lifetimeS,
    RefreshToken: 86_400,
    Grant: 86_400,
    Session: 86_400,
    Interaction: 600,
    AuthorizationCode: 60,
  },
  cookies: { keys: ["test"] },
});

let held = null;
let outage = 0;
const tell = (kind, facts) => process.send?.({ kind, ...facts });

provider.on("grant.success", ({ oidc }) => tell("grant", { type: oidc.params.grant_type }));
provider.on("grant.error", ({ oidc }, error) => tell("refused", { type: oidc.params?.grant_type, error: error.error }));
provider.on("grant.revoked", () => tell("grant_revoked", {}));
provider.on("refresh_token.destroyed", () => tell("refresh_token_destroyed", {}));
provider.on("access_token.destroyed", () => tell("access_token_destroyed", {}));

provider.use(async (context, next) => {
  const isToken = context.path === "/token";
  if (isToken && outage > 0) {
    context.status = outage;
    context.body = "down";
    return;
  }
  await next();
  if (!isToken || held === null) return;
  tell("held", { status: context.status });
  await held.promise;
});

process.on("message", (message) => {
  if (message.hold === true) held = Promise.withResolvers();
  if (message.hold === false) {
    held?.resolve();
    held = null;
  }
  if (message.outage !== undefined) outage = message.outage;
  tell("done", { id: message.id });
});
process.once("disconnect", () => process.exit(0));

const server = provider.listen(settings.port, "127.0.0.1");
await once(server, "listening");
tell("ready", {});
