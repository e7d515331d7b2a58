import { createHash } from "node:crypto";
import {
  chmod,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { seccompProgram } from "./seccomp.ts";
import { isReachableByOthers } from "./state-dir.ts";
import { SYSTEM_ETC, SYSTEM_ETC_PARTS } from "./system-binds.ts";
import { librariesOf } from "./tools.ts";

/** Source files of the program that runs in the sandbox. */
export interface InsideEntry {
  readonly main: string;
  readonly hook: string;
}

/** Files of ours that every sandbox sees, made once at start. */
export interface RuntimeLayer {
  /** Holds main.mjs, hook.mjs, python/, etc/, etc-system/ and seccomp.bpf. */
  readonly dir: string;
  readonly nodePath: string;
  /** Libraries that Node and prlimit ask the loader for. */
  readonly libraries: readonly string[];
  /** Null where no filter is known for the processor. */
  readonly seccompPath: string | null;
}

const INSIDE: InsideEntry = {
  main: fileURLToPath(new URL("../inside/main.ts", import.meta.url)),
  hook: fileURLToPath(new URL("../inside/network-hook.ts", import.meta.url)),
};
const PYTHON_DIR = fileURLToPath(new URL("../inside/languages/python", import.meta.url));
/** Enough for `localhost`, `os.userInfo()` and the like; the uid is the one that bwrap maps to. */
const ETC: Readonly<Record<string, string>> = {
  hosts: "127.0.0.1 localhost\n::1 localhost\n",
  passwd: "runner:x:1000:1000::/tmp:/bin/false\n",
  group: "runner:x:1000:\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
};

interface LayerFile {
  /** Path within the layer. */
  readonly name: string;
  readonly text: string;
}

/** Bundles both entries. */
async function bundleInside(entry: InsideEntry): Promise<LayerFile[]> {
  const result = await build({
    entryPoints: { main: entry.main, hook: entry.hook },
    outdir: "/",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    logLevel: "silent",
  });
  return result.outputFiles.map((file) => ({ name: file.path.replace(/^.*\//, ""), text: file.text }));
}

/** The program of ours that runs Python steps. */
async function pythonFiles(): Promise<LayerFile[]> {
  const names = (await readdir(PYTHON_DIR, { recursive: true })).filter((name) => name.endsWith(".py")).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      name: join("python", name),
      text: await readFile(join(PYTHON_DIR, name), "utf8"),
    })),
  );
}

/** `/etc` of sandboxes, once without and once with mount points for the system's part. */
function etcFiles(): LayerFile[] {
  const own = Object.entries(ETC).flatMap(([name, text]) =>
    ["etc", SYSTEM_ETC].map((dir) => ({ name: join(dir, name), text })),
  );
  return [...own, ...SYSTEM_ETC_PARTS.files.map((name) => ({ name: join(SYSTEM_ETC, name), text: "" }))];
}

/**
 * Makes the layer in `<stateDir>/rt-<hash>`, or finds it there.
 * @param options.prlimit bound in as well, null where there is none.
 */
export async function prepareRuntimeLayer(options: {
  stateDir: string;
  nodePath: string;
  prlimit: string | null;
  inside?: InsideEntry;
}): Promise<RuntimeLayer> {
  const seccomp = seccompProgram(process.arch);
  const files = [...(await bundleInside(options.inside ?? INSIDE)), ...(await pythonFiles()), ...etcFiles()];
  const hash = createHash("sha256")
    .update(JSON.stringify([files, SYSTEM_ETC_PARTS]))
    .update(seccomp ?? "");
  const dir = join(options.stateDir, `rt-${hash.digest("hex").slice(0, 16)}`);
  if (!(await exists(dir))) await writeLayer({ dir, files, seccomp });
  const nodePath = await reachableNode(options);
  const isLinux = process.platform === "linux";
  const executables = [nodePath, ...(options.prlimit === null ? [] : [options.prlimit])];
  const libraries = isLinux ? (await Promise.all(executables.map(librariesOf))).flat() : [];
  return {
    dir,
    nodePath,
    libraries: [...new Set(libraries)],
    seccompPath: seccomp === null ? null : join(dir, "seccomp.bpf"),
  };
}

async function writeLayer(layer: { dir: string; files: readonly LayerFile[]; seccomp: Buffer | null }): Promise<void> {
  const staging = `${layer.dir}.${randomUUID()}`;
  await makeOpenDir(staging);
  const mountPoints = SYSTEM_ETC_PARTS.dirs.map((name) => join(SYSTEM_ETC, name));
  const dirs = new Set([...layer.files.map(({ name }) => dirname(name)), ...mountPoints]);
  for (const dir of dirs) await makeOpenDir(staging, dir);
  for (const { name, text } of layer.files) {
    await writeFile(join(staging, name), text);
    await chmod(join(staging, name), 0o644);
  }
  if (layer.seccomp !== null) await writeFile(join(staging, "seccomp.bpf"), layer.seccomp);
  // Another process may have been faster; its layer is the same.
  await rename(staging, layer.dir).catch(() => rm(staging, { recursive: true }));
}

/** Whatever the umask is, the sandboxes' users must be able to read the layer. */
async function makeOpenDir(root: string, below = "."): Promise<void> {
  await mkdir(join(root, below), { recursive: true });
  for (let dir = below; ; dir = dirname(dir)) {
    await chmod(join(root, dir), 0o755);
    if (dir === ".") return;
  }
}

/** The Node binary at a place where sandboxes' users can run it: as it is, or linked (else copied) into the state directory. */
async function reachableNode(options: { stateDir: string; nodePath: string }): Promise<string> {
  const original = await realpath(options.nodePath);
  if (process.getuid?.() !== 0 || (await isReachableByOthers(original))) return original;
  const { size, mtimeMs } = await stat(original);
  const path = join(options.stateDir, `node-${size}-${Math.trunc(mtimeMs)}`);
  if (await exists(path)) return path;
  const staging = `${path}.${randomUUID()}`;
  await link(original, staging).catch(() => copyFile(original, staging));
  await chmod(staging, 0o755);
  await rename(staging, path);
  return path;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
