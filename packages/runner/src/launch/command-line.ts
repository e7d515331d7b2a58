import { join } from "node:path";
import type { BootArguments } from "../messages.ts";
import type { RuntimeLayer } from "./runtime-layer.ts";
import { outsideSystem, SYSTEM_ETC, systemBinds, systemEtcBinds } from "./system-binds.ts";
import type { SandboxTier, SandboxTools } from "./tools.ts";

/** All that decides how one sandbox is started. */
export interface CommandOptions {
  readonly tier: SandboxTier;
  readonly tools: SandboxTools;
  readonly layer: RuntimeLayer;
  readonly memoryMb: number;
  /** User id of its own; null when we are not root. */
  readonly uid: number | null;
  /** As seen inside. */
  readonly platformDir: string | null;
  /** Host paths. */
  readonly storeDir: string;
  readonly egressSocket: string;
  readonly tmpDir: string;
  /** Whether `--permission` was seen to work; tiers B and C only. */
  readonly usesPermissions: boolean;
  /** Whether programs of the system can be run, see `systemBinds`. */
  readonly needsSystem: boolean;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly boot: BootArguments;
}

/** Where `--seccomp` reads the filter; 3 is the channel. */
export const SECCOMP_FD = 4;
export const STORE_INSIDE = "/store";

const TMP_SIZE_BYTES = 512 * 1024 * 1024;
const FILE_SIZE_BYTES = 512 * 1024 * 1024;
/** Code, stacks and the runtime's own data beside what the user may take. */
const MEMORY_SLACK_BYTES = 200 * 1024 * 1024;
/** V8 maps the address range of its compiled code writable at once, and the kernel counts all of it. */
const CODE_RANGE_BYTES = (process.arch === "arm64" ? 128 : 512) * 1024 * 1024;
/** `multiprocessing` of Python keeps its locks there. */
const SHM_SIZE_BYTES = 64 * 1024 * 1024;
const HEAP_SHARE = 0.75;
const MAX_PROCESSES = 128;
const MAX_OPEN_FILES = 512;

function limits(memoryMb: number, processCount: number | null): string[] {
  return [
    `--data=${memoryMb * 1024 * 1024 + MEMORY_SLACK_BYTES + CODE_RANGE_BYTES}`,
    ...(processCount === null ? [] : [`--nproc=${processCount}`]),
    `--nofile=${MAX_OPEN_FILES}`,
    "--core=0",
    `--fsize=${FILE_SIZE_BYTES}`,
  ];
}

function nodeArguments(options: CommandOptions, at: { layerDir: string; boot: BootArguments }): string[] {
  return [
    `--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`,
    "--enable-source-maps",
    "--import",
    join(at.layerDir, "hook.mjs"),
    join(at.layerDir, "main.mjs"),
    JSON.stringify(at.boot),
  ];
}

function ownUser(tools: SandboxTools, uid: number | null): string[] {
  if (tools.setpriv === null) return [];
  // Nobody but bwrap ends the other tiers' processes with us, and bwrap's own death signal is set later.
  if (uid === null) return [tools.setpriv, "--no-new-privs", "--pdeathsig", "KILL"];
  const user = ["--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"];
  return [tools.setpriv, ...user, "--no-new-privs", "--pdeathsig", "KILL"];
}

function binds(options: CommandOptions, programDir: string): string[] {
  const { layer, tools, needsSystem } = options;
  const readOnly: [string, string][] = [
    ...(needsSystem ? outsideSystem(layer.libraries) : layer.libraries).map((path): [string, string] => [path, path]),
    [layer.nodePath, `${programDir}/node`],
    [tools.prlimit ?? "", `${programDir}/prlimit`],
    [layer.dir, "/rt"],
    [join(layer.dir, needsSystem ? SYSTEM_ETC : "etc"), "/etc"],
    [options.storeDir, STORE_INSIDE],
    [options.egressSocket, "/run/egress.sock"],
  ];
  const own = readOnly.flatMap(([from, to]) => ["--ro-bind", from, to]);
  return needsSystem ? [...systemBinds(), ...own, ...systemEtcBinds()] : own;
}

/** Tier A: nothing of the host but the listed files, no network, no privileges, a filter on system calls. */
function confined(options: CommandOptions): Command {
  const boot: BootArguments = {
    egressSocket: "/run/egress.sock",
    tmpDir: "/tmp",
    hasOwnLoopback: true,
    platformDir: options.platformDir,
    memoryMb: options.memoryMb,
  };
  const programDir = options.needsSystem ? "/run" : "/bin";
  const namespaces = ["user", "pid", "ipc", "uts", "net"].map((name) => `--unshare-${name}`);
  const bwrap = [
    options.tools.bwrap ?? "bwrap",
    ...namespaces,
    "--unshare-cgroup-try",
    ...["--uid", "1000", "--gid", "1000", "--hostname", "runner"],
    ...["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
    // Scripts leave processes behind, which Node as the first process would never reap.
    ...(options.needsSystem ? [] : ["--as-pid-1"]),
    ...(options.layer.seccompPath === null ? [] : ["--seccomp", `${SECCOMP_FD}`]),
    ...binds(options, programDir),
    ...["--proc", "/proc", "--dev", "/dev", "--size", `${TMP_SIZE_BYTES}`, "--tmpfs", "/tmp"],
    ...(options.needsSystem ? ["--size", `${SHM_SIZE_BYTES}`, "--tmpfs", "/dev/shm"] : []),
    // Both are memory of the host without a size limit.
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...["--chdir", "/tmp"],
  ];
  // In the new user namespace, so that processes of the same user outside do not count.
  const limited = [`${programDir}/prlimit`, ...limits(options.memoryMb, MAX_PROCESSES)];
  const node = [`${programDir}/node`, ...nodeArguments(options, { layerDir: "/rt", boot })];
  return commandOf([...ownUser(options.tools, options.uid), ...bwrap, ...limited, ...node], boot);
}

/** Tiers B and C: limits and Node's permission model around a process that still sees the host. */
function restrained(options: CommandOptions): Command {
  const { layer, tools } = options;
  const boot: BootArguments = {
    egressSocket: options.egressSocket,
    tmpDir: options.tmpDir,
    platformDir: options.platformDir,
    memoryMb: options.memoryMb,
    // Nobody else ends the scripts of a process that is killed.
    ...(tools.setpriv !== null && { scriptWrapper: [tools.setpriv, "--pdeathsig", "KILL"] }),
  };
  // Components name /tmp itself, so it is theirs as well.
  const writable = [options.tmpDir, "/tmp"];
  const readable = [layer.dir, options.storeDir, ...writable];
  const permissions = [
    "--permission",
    "--allow-worker",
    ...(options.needsSystem ? ["--allow-child-process"] : []),
    // It would appear in the logs of every source.
    "--disable-warning=SecurityWarning",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
  ];
  // Without a user or namespace of its own the count would include everything else that this user runs.
  const processCount = options.uid === null ? null : MAX_PROCESSES;
  const limited = tools.prlimit === null ? [] : [tools.prlimit, ...limits(options.memoryMb, processCount)];
  const node = [layer.nodePath, ...(options.usesPermissions ? permissions : [])];
  const entry = nodeArguments(options, { layerDir: layer.dir, boot });
  return commandOf([...ownUser(tools, options.uid), ...limited, ...node, ...entry], boot);
}

function commandOf(words: readonly string[], boot: BootArguments): Command {
  const [file = "", ...args] = words;
  return { file, args, boot };
}

/** The command line of a sandbox of the given tier. */
export function commandLine(options: CommandOptions): Command {
  return options.tier === "A" ? confined(options) : restrained(options);
}
