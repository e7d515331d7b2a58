/** The system calls that no program of a user needs, as a classic BPF program for `bwrap --seccomp`. */

const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
/** Calls of the x32 ABI carry this bit and would go round the numbers below. */
const X32_BIT = 0x40000000;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;
const RET_KILL_PROCESS = 0x80000000;

/** Offsets in `struct seccomp_data`; arguments are 64 bits wide, their low halves come first. */
const OFFSET = { nr: 0, arch: 4, arg0: 16, arg1: 24 } as const;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const CLONE_NAMESPACE_FLAGS = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;
const ALLOWED_SOCKET_FAMILIES = [1 /* UNIX */, 2 /* INET */, 10 /* INET6 */, 16 /* NETLINK: os.networkInterfaces */];
const DENIED_IOCTLS = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */];

/** By name: [x64, arm64]; null where the architecture has no such call. */
const DENIED: Readonly<Record<string, readonly [number, number | null]>> = {
  ptrace: [101, 117],
  bpf: [321, 280],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  syslog: [103, 116],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  lookup_dcookie: [212, 18],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  kcmp: [312, 272],
  personality: [135, 92],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  settimeofday: [164, 170],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  vhangup: [153, 58],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  vmsplice: [278, 75],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  _sysctl: [156, null],
  uselib: [134, null],
  sysfs: [139, null],
};
const SPECIAL = {
  x64: { clone: 56, clone3: 435, socket: 41, socketpair: 53, ioctl: 16 },
  arm64: { clone: 220, clone3: 435, socket: 198, socketpair: 199, ioctl: 29 },
} as const;

type Instruction = readonly [opcode: number, jumpTrue: number, jumpFalse: number, value: number];
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const ret = (value: number): Instruction => [0x06, 0, 0, value];
const jumpIfEqual = (value: number, hit: number, miss: number): Instruction => [0x15, hit, miss, value];
const jumpIfAtLeast = (value: number, hit: number, miss: number): Instruction => [0x35, hit, miss, value];
const jumpIfAnyBit = (mask: number, hit: number, miss: number): Instruction => [0x45, hit, miss, mask];

/** `socket(family)`: only the listed families. */
function familyRule(nr: number): Instruction[] {
  const families = ALLOWED_SOCKET_FAMILIES.map((family, index, all) => jumpIfEqual(family, all.length - index, 0));
  const body = [load(OFFSET.arg0), ...families, ret(RET_ERRNO | EAFNOSUPPORT), ret(RET_ALLOW)];
  return [jumpIfEqual(nr, 0, body.length), ...body];
}

function deniedArgumentRule(nr: number, argument: number, tests: Instruction[]): Instruction[] {
  const body = [load(argument), ...tests, ret(RET_ALLOW), ret(RET_ERRNO | EPERM)];
  return [jumpIfEqual(nr, 0, body.length), ...body];
}

function rules(arch: "x64" | "arm64"): Instruction[] {
  const special = SPECIAL[arch];
  const denied = Object.values(DENIED)
    .map(([x64, arm64]) => (arch === "x64" ? x64 : arm64))
    .filter((nr) => nr !== null);
  const ioctls = DENIED_IOCTLS.map((request, index, all) => jumpIfEqual(request, all.length - index, 0));
  return [
    load(OFFSET.arch),
    jumpIfEqual(AUDIT_ARCH[arch], 1, 0),
    ret(RET_KILL_PROCESS),
    load(OFFSET.nr),
    ...(arch === "x64" ? [jumpIfAtLeast(X32_BIT, 0, 1), ret(RET_ERRNO | ENOSYS)] : []),
    ...familyRule(special.socket),
    ...familyRule(special.socketpair),
    ...deniedArgumentRule(special.clone, OFFSET.arg0, [jumpIfAnyBit(CLONE_NAMESPACE_FLAGS, 1, 0)]),
    ...deniedArgumentRule(special.ioctl, OFFSET.arg1, ioctls),
    // The flags of clone3 lie behind a pointer, out of BPF's sight; libc falls back to clone.
    jumpIfEqual(special.clone3, 0, 1),
    ret(RET_ERRNO | ENOSYS),
    ...denied.map((nr, index, all) => jumpIfEqual(nr, all.length - index, 0)),
    ret(RET_ALLOW),
    ret(RET_ERRNO | EPERM),
  ];
}

/**
 * Builds the filter for an architecture as `struct sock_filter[]`.
 * @returns null where no filter is known for it.
 */
export function seccompProgram(arch: string): Buffer | null {
  if (arch !== "x64" && arch !== "arm64") return null;
  const instructions = rules(arch);
  const program = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([opcode, jumpTrue, jumpFalse, value], index) => {
    program.writeUInt16LE(opcode, index * 8);
    program.writeUInt8(jumpTrue, index * 8 + 2);
    program.writeUInt8(jumpFalse, index * 8 + 3);
    program.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return program;
}
