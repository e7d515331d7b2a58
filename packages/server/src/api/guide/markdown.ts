import { Marked, type Tokens } from "marked";
import { Html } from "../pages/index.ts";

/** A heading of a page and what stands below it, as plain text. */
export interface Section {
  readonly heading: string;
  /** Its place in the page. */
  readonly anchor: string;
  readonly level: number;
  readonly text: string;
}

/** The title of a page: its first heading. */
export function titleOf(markdown: string): string | null {
  return /^# +(.+)$/m.exec(markdown)?.[1]?.trim() ?? null;
}

/** The name of a heading in links, as code hosts make it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

/** The sections of a page, in order. */
export function sectionsOf(markdown: string): Section[] {
  const sections: { heading: string; anchor: string; level: number; texts: string[] }[] = [];
  for (const token of new Marked().lexer(markdown)) {
    if (token.type === "heading") {
      const { text, depth } = token as Tokens.Heading;
      const heading = text.replaceAll("`", "");
      sections.push({ heading, anchor: anchorOf(text), level: depth, texts: [] });
    } else sections.at(-1)?.texts.push(plain(token.raw));
  }
  return sections.map(({ texts, ...section }) => ({ ...section, text: texts.join(" ").replace(/\s+/g, " ").trim() }));
}

function plain(markdown: string): string {
  return markdown
    .replace(/```\w*/g, " ")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*|]|-{3,}/g, " ");
}

/** A page as HTML. Links between pages lead to where the server has them; links to files that it has not are text. */
export function renderMarkdown(markdown: string, resolve: (href: string) => string | null): Html {
  const marked = new Marked({ gfm: true, async: false });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const inner = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchorOf(text)}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const target = resolve(href);
        return target === null ? inner : `<a href="${target}">${inner}</a>`;
      },
    },
    // Wide tables scroll by themselves, by keyboard too.
    hooks: {
      postprocess: (text) =>
        text
          .replaceAll("<table>", '<div class="wide" tabindex="0"><table>')
          .replaceAll("</table>", "</table></div>")
          .replaceAll("<pre>", '<pre tabindex="0">'),
    },
  });
  return new Html(marked.parse(markdown, { async: false }));
}
