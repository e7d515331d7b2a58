// For browsers. Who is logged in to the dashboard tries requests as themselves, unless they fill in a token. Nothing of the
// reference leaves this server: no fonts, proxy, telemetry or assistant of others.
/* global Scalar, location */
const session = fetch("/v1/auth/session", { credentials: "same-origin" })
  .then((reply) => (reply.ok ? reply.json() : null))
  .catch(() => null);

async function askAsReader(input, init) {
  const request = new Request(input, init);
  const isOurs = new URL(request.url).origin === location.origin;
  const token = /^(Bearer|Basic) +[^ ]/i.test(request.headers.get("authorization") ?? "");
  if (!isOurs || token) return fetch(request, { credentials: "omit" });
  const headers = new Headers(request.headers);
  headers.delete("authorization");
  const known = await session;
  if (known) headers.set("x-csrf-token", known.data.csrf_token);
  return fetch(new Request(request, { headers, credentials: "same-origin" }));
}

Scalar.createApiReference("#app", {
  url: "/v1/openapi.json",
  servers: [{ url: location.origin + "/v1" }],
  withDefaultFonts: false,
  proxyUrl: "",
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
  customFetch: askAsReader,
});
