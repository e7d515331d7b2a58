import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const ICONS = import.meta.resolve("simple-icons/icons/simpleicons.svg");
const COLOURS = import.meta.resolve("simple-icons/icons.json");
/** Of letter tiles: dark enough for white letters. */
const TILES = ["#1d4ed8", "#047857", "#b45309", "#be123c", "#6d28d9", "#0e7490", "#4d7c0f", "#9d174d"];

interface IconEntry {
  slug: string;
  hex: string;
}

let colours: Promise<ReadonlyMap<string, string>> | null = null;

async function readColours(): Promise<ReadonlyMap<string, string>> {
  const entries = JSON.parse(await readFile(fileURLToPath(COLOURS), "utf8")) as IconEntry[];
  return new Map(entries.map(({ slug, hex }) => [slug, `#${hex}`]));
}

/** An app's logo as SVG: its icon in its colour, or a tile with its first letter. */
export async function logoOf({
  slug,
  name,
  icon,
}: {
  slug: string;
  name: string;
  icon: string | null;
}): Promise<string> {
  const drawn = icon === null ? null : await iconOf(icon);
  return drawn ?? letterTile(slug, name);
}

async function iconOf(icon: string): Promise<string | null> {
  colours ??= readColours();
  const colour = (await colours).get(icon);
  if (colour === undefined) return null;
  const svg = await readFile(fileURLToPath(new URL(`${icon}.svg`, ICONS)), "utf8");
  return svg.replace("<svg ", `<svg fill="${colour}" `);
}

function letterTile(slug: string, name: string): string {
  const letter = /[\p{L}\p{N}]/u.exec(name)?.[0] ?? slug.charAt(0);
  const shade = Buffer.from(slug).reduce((sum, byte) => sum + byte, 0) % TILES.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" role="img"><rect width="24" height="24" rx="5" fill="${TILES[shade]}"/><text x="12" y="17" font-family="system-ui,sans-serif" font-size="14" font-weight="600" text-anchor="middle" fill="#fff">${letter.toUpperCase()}</text></svg>`;
}
