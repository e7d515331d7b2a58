import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sectionsOf, titleOf, type Section } from "./markdown.ts";

/** A page of the guide. */
export interface GuidePage {
  /** Its name in the URL; empty for the first. */
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
  readonly sections: readonly Section[];
}

export interface GuideFound {
  readonly page: GuidePage;
  readonly section: Section;
}

const FIRST_FILE = "README.md";
const SETTINGS_FILE = "config.defaults.env";
const MAX_FOUND = 30;

/** The user guide: the Markdown files of a folder, in the order in which its README links them. */
export class Guide {
  readonly pages: readonly GuidePage[];

  constructor(pages: readonly GuidePage[]) {
    this.pages = pages;
  }

  /** @param dir the folder of Markdown files; the settings are explained in a file beside it */
  static async load(dir: string): Promise<Guide> {
    const files = (await readdir(dir)).filter((name) => name.endsWith(".md"));
    const pages = await Promise.all(files.map(async (file) => pageOf(file, await readFile(join(dir, file), "utf8"))));
    const settings = await readFile(join(dir, "..", SETTINGS_FILE), "utf8");
    const first = pages.find(({ name }) => name === "");
    const place = ({ name }: GuidePage) => {
      const at = name === "" ? 0 : (first?.markdown.indexOf(`(${name}.md)`) ?? -1);
      return at === -1 ? Number.MAX_SAFE_INTEGER : at;
    };
    const ordered = pages.toSorted((one, other) => place(one) - place(other) || one.name.localeCompare(other.name));
    return new Guide([...ordered, pageOf("settings.md", `# All settings\n\n\`\`\`sh\n${settings.trim()}\n\`\`\`\n`)]);
  }

  find(name: string): GuidePage | null {
    return this.pages.find((page) => page.name === name) ?? null;
  }

  /** The sections that have all words of a query, those with words in their headings first. */
  search(query: string): GuideFound[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const found = this.pages.flatMap((page) =>
      page.sections.flatMap((section) => {
        const heading = `${page.title} ${section.heading}`.toLowerCase();
        const text = `${heading} ${section.text.toLowerCase()}`;
        if (!words.every((word) => text.includes(word))) return [];
        return [{ page, section, inHeading: words.filter((word) => heading.includes(word)).length }];
      }),
    );
    return found.toSorted((one, other) => other.inHeading - one.inHeading).slice(0, MAX_FOUND);
  }
}

function pageOf(file: string, markdown: string): GuidePage {
  const name = file === FIRST_FILE ? "" : basename(file, ".md");
  return { name, title: titleOf(markdown) ?? name, markdown, sections: sectionsOf(markdown) };
}
