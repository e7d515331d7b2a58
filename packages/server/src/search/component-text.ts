/** What is searched of a component. */
export interface ComponentText {
  readonly key: string;
  readonly name: string;
  readonly apps: readonly string[];
  /** Its beginning, without markup. */
  readonly description: string;
}

/** Changes with how texts are put together: vectors of another form are made anew. */
export const TEXT_FORM = 1;
const MAX_DESCRIPTION_CHARS = 200;
const MAX_EMBEDDED_DESCRIPTION_CHARS = 100;

/** The text that stands for a component in the space of embeddings. */
export function embeddedText({ key, name, apps, description }: ComponentText): string {
  const app = wordsOf(apps[0] ?? key.split("-")[0] ?? "");
  return `${name} in ${app}. ${description.slice(0, MAX_EMBEDDED_DESCRIPTION_CHARS)}`;
}

/** A description as plain words: links to documentation and markup say nothing of what a component does. */
export function plainDescription(description: string | null): string {
  const plain = (description ?? "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, (_link, text: string) => (/docs?|documentation|see /i.test(text) ? "" : text))
    .replace(/https?:\S+/g, "")
    .replace(/[*_`#]/g, "")
    .replace(/\bSee the\b.*$/is, "")
    .replace(/[\s\0]+/g, " ");
  return plain.trim().slice(0, MAX_DESCRIPTION_CHARS);
}

/** `google_drive` → `google drive`. */
export function wordsOf(slug: string): string {
  return slug.replace(/[_-]+/g, " ");
}
