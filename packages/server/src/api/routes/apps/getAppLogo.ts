import { createHash } from "node:crypto";
import { appOperations } from "@millrace/contract";
import type { Apps } from "../../../accounts/index.ts";
import { streamRoute, type Route } from "../../route.ts";

/** SVG may hold script: opened as a page of its own, it gets nothing to run with. */
const HEADERS = {
  "content-type": "image/svg+xml",
  "cache-control": "public, max-age=86400",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "cross-origin",
};

export function getAppLogo(services: { apps: Apps }): Route {
  return streamRoute(appOperations.getAppLogo, async (request, raw) => {
    const svg = await services.apps.logo(request.input.app_id);
    const etag = `"${createHash("sha256").update(svg).digest("base64url").slice(0, 22)}"`;
    const isKnown = raw.request.headers["if-none-match"] === etag;
    raw.response.writeHead(isKnown ? 304 : 200, { ...HEADERS, etag });
    raw.response.end(isKnown ? undefined : svg);
  });
}
