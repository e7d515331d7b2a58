import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parse, stringify } from "ini";

/** A server and who one is there. */
export interface Profile {
  readonly url: string;
  readonly apiKey: string;
  /** The workspace; null: the only one. */
  readonly orgId: string | null;
}

type Section = Readonly<Record<string, unknown>>;

/** Reads a profile; null when there is none of that name. @param name null: the one without a name */
export async function readProfile(path: string, name: string | null): Promise<Profile | null> {
  const all = await readAll(path);
  const section = name === null ? all : all[name];
  if (!isSection(section)) return null;
  const { url, api_key: apiKey, org_id: orgId } = section;
  if (typeof url !== "string" || typeof apiKey !== "string") return null;
  return { url, apiKey, orgId: typeof orgId === "string" ? orgId : null };
}

/** Writes a profile; nobody else may read the file. */
export async function saveProfile(path: string, name: string | null, profile: Profile): Promise<void> {
  const { url, apiKey, orgId } = profile;
  const section = { url, api_key: apiKey, ...(orgId !== null && { org_id: orgId }) };
  const all = await readAll(path);
  await write(path, name === null ? { ...sectionsOf(all), ...section } : { ...all, [name]: section });
}

/** Forgets a profile. False: there was none. */
export async function removeProfile(path: string, name: string | null): Promise<boolean> {
  if ((await readProfile(path, name)) === null) return false;
  const all = await readAll(path);
  await write(
    path,
    name === null ? sectionsOf(all) : Object.fromEntries(Object.entries(all).filter(([one]) => one !== name)),
  );
  return true;
}

async function readAll(path: string): Promise<Section> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

/** Whole or not at all: a key that was lost cannot be shown again. */
async function write(path: string, content: Section): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.new`;
  await writeFile(fresh, stringify(content), { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, path);
}

function sectionsOf(all: Section): Section {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => isSection(value)));
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null;
}
