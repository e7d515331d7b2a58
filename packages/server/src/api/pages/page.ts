import type { FastifyReply } from "fastify";
import { html, type Html } from "./html.ts";

const PAGE_HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin-allow-popups",
  // With no-referrer, a browser that is not on https says `Origin: null` even of our own form.
  "referrer-policy": "same-origin",
};

interface PageParts {
  title: string;
  logo?: string | null;
  body: Html;
}

/** A document in the look that all these pages share. */
export function page({ title, logo = null, body }: PageParts): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="/connect/style.css" />
      </head>
      <body>
        <main>
          <header>
            ${logo === null ? null : html`<img class="logo" src="${logo}" alt="" />`}
            <h1>${title}</h1>
          </header>
          ${body}
        </main>
      </body>
    </html> `;
  return document.text;
}

/** Answers with a page, which can do nothing but show itself and send its form. */
export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).type("text/html; charset=utf-8").send(page);
}
