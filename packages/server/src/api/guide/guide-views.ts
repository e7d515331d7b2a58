import { html, type Html } from "../pages/index.ts";
import type { GuideFound, Guide, GuidePage } from "./guide.ts";
import { renderMarkdown } from "./markdown.ts";

export const GUIDE_STYLE_PATH = "/docs/css/guide.css";
export const REFERENCE_PATH = "/docs/reference";
export const SEARCH_PATH = "/docs/search";

const SNIPPET_CHARS = 180;
const OUTLINE_LEVEL = 2;

/** A page of the guide with its way around. */
export function guideView(guide: Guide, page: GuidePage): string {
  const outline = page.sections.filter(({ level }) => level === OUTLINE_LEVEL);
  const body = html`<article>${renderMarkdown(page.markdown, resolve)}</article>
    ${outline.length < 2 ? null : outlineView(outline)}`;
  return frame({ guide, title: page.title, current: page.name, query: "", body });
}

/** What a search found. */
export function searchView(guide: Guide, options: { query: string; found: readonly GuideFound[] }): string {
  const { query, found } = options;
  const items = found.map(
    ({ page, section }) =>
      html`<li>
        <a href="${pathOf(page.name)}#${section.anchor}"
          >${page.title}${section.heading === page.title ? null : html` › ${section.heading}`}</a
        >
        <p>${snippetOf(section.text, query)}</p>
      </li>`,
  );
  const list = html`<ol class="found">
    ${items}
  </ol>`;
  const none = html`<p>
    No page has all of these words. Try fewer, or look at the <a href="${REFERENCE_PATH}">API reference</a>.
  </p>`;
  const body = html`<article>
    <h1>Search</h1>
    ${found.length === 0 ? none : list}
  </article>`;
  return frame({ guide, title: query === "" ? "Search" : `Search: ${query}`, current: null, query, body });
}

/** What is said of a page that is not there. */
export function missingView(guide: Guide): string {
  const body = html`<article>
    <h1>There is no such page</h1>
    <p>The <a href="/docs">guide</a> lists all pages.</p>
  </article>`;
  return frame({ guide, title: "No such page", current: null, query: "", body });
}

interface Frame {
  readonly guide: Guide;
  readonly title: string;
  readonly current: string | null;
  readonly query: string;
  readonly body: Html;
}

function frame({ guide, title, current, query, body }: Frame): string {
  const links = guide.pages.map(({ name, title: text }) =>
    name === current
      ? html`<li><a href="${pathOf(name)}" aria-current="page">${text}</a></li>`
      : html`<li><a href="${pathOf(name)}">${text}</a></li>`,
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Millrace</title>
        <link rel="icon" href="/favicon.svg" />
        <link rel="stylesheet" href="${GUIDE_STYLE_PATH}" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the text</a>
        <header>
          <a class="brand" href="/docs">Millrace</a>
          <form action="${SEARCH_PATH}" role="search">
            <input
              type="search"
              name="q"
              value="${query}"
              placeholder="Search the guide"
              aria-label="Search the guide"
            />
          </form>
          <nav aria-label="Places"><a href="${REFERENCE_PATH}">API reference</a> <a href="/">Dashboard</a></nav>
        </header>
        <div class="page">
          <nav class="pages" aria-label="Pages of the guide">
            <ul>
              ${links}
            </ul>
          </nav>
          <main id="content">${body}</main>
        </div>
      </body>
    </html> `.text;
}

function outlineView(outline: GuidePage["sections"]): Html {
  const items = outline.map(({ anchor, heading }) => html`<li><a href="#${anchor}">${heading}</a></li>`);
  return html`<aside aria-label="On this page">
    <p>On this page</p>
    <ul>
      ${items}
    </ul>
  </aside>`;
}

function pathOf(name: string): string {
  return name === "" ? "/docs" : `/docs/${name}`;
}

/** Where a link of a Markdown file leads on the server; null: nowhere. */
function resolve(href: string): string | null {
  if (/^(https?:|#|\/)/.test(href)) return href;
  if (href === "../config.defaults.env") return pathOf("settings");
  const page = /^([\w-]+)\.md(#.*)?$/.exec(href);
  return page ? pathOf(page[1] === "README" ? "" : (page[1] ?? "")) + (page[2] ?? "") : null;
}

function snippetOf(text: string, query: string): string {
  const word = query.toLowerCase().trim().split(/\s+/)[0] ?? "";
  const at = Math.max(0, text.toLowerCase().indexOf(word) - SNIPPET_CHARS / 3);
  const snippet = text.slice(at, at + SNIPPET_CHARS);
  return `${at > 0 ? "…" : ""}${snippet}${at + SNIPPET_CHARS < text.length ? "…" : ""}`;
}
