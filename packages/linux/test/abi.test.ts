import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as abi from "../src/abi/mod.ts";
import { SYSCALL_NUMBERS } from "../src/abi/syscalls-x86-64.ts";
import { isInstalled, needing, temporaryDirectory } from "./support.ts";

type Table = Readonly<Record<string, number | bigint>>;

/** The names in a header for the keys of a table: `PROT.READ` is PROT_READ. */
function prefixed(prefix: string, table: Table): Table {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value]));
}

function numbered(names: readonly string[]): Table {
  return Object.fromEntries(names.map((name, number) => [name, number]));
}

const { size: cloneArgsSize, ...cloneArgs } = abi.CLONE_ARGS;
const { size: mmMapSize, fields: mmMapFields, auxv, auxv_size, exe_fd } = abi.PRCTL_MM_MAP;
const mmMap = { ...Object.fromEntries(mmMapFields.map((name, index) => [name, 8 * index])), auxv, auxv_size, exe_fd };

/** What the kernel's headers call what these tables have. Offsets are of members of structs. */
const KERNEL: readonly {
  readonly headers: readonly string[];
  readonly constants: Table;
  readonly offsets?: [string, Table];
  readonly size?: number;
}[] = [
  { headers: ["asm/unistd.h"], constants: prefixed("__NR_", SYSCALL_NUMBERS) },
  { headers: ["asm/errno.h"], constants: abi.ERRNO },
  {
    headers: ["linux/fcntl.h", "linux/stat.h"],
    constants: {
      ...prefixed("O_", without(abi.O, "SYNC", "TMPFILE")),
      ...prefixed("F_", abi.F),
      ...prefixed("F_OWNER_", abi.F_OWNER),
      ...prefixed("AT_", abi.AT),
      ...prefixed("S_IF", abi.S_IF),
      O_SYNC: abi.O.SYNC,
      __O_TMPFILE: abi.O.TMPFILE & ~abi.O.DIRECTORY,
      FD_CLOEXEC: abi.FD_CLOEXEC,
      AT_FDCWD: abi.AT_FDCWD,
    },
  },
  { headers: ["linux/fs.h"], constants: prefixed("SEEK_", abi.SEEK) },
  {
    headers: ["linux/mman.h", "linux/memfd.h"],
    constants: {
      ...prefixed("PROT_", abi.PROT),
      ...prefixed("MAP_", abi.MAP),
      ...prefixed("MADV_", abi.MADV),
      ...prefixed("MREMAP_", abi.MREMAP),
      ...prefixed("MFD_", abi.MFD),
    },
  },
  {
    headers: ["linux/sched.h", "linux/types.h"],
    constants: { ...prefixed("CLONE_", abi.CLONE), ...prefixed("SCHED_", abi.SCHED) },
    offsets: ["clone_args", cloneArgs],
    size: cloneArgsSize,
  },
  {
    headers: ["linux/prctl.h"],
    constants: {
      ...prefixed("PR_", abi.PR),
      ...prefixed("PR_CAP_AMBIENT_", abi.PR_CAP_AMBIENT),
      PR_SET_MM_MAP: abi.PR_SET_MM_MAP,
    },
    offsets: ["prctl_mm_map", mmMap],
    size: mmMapSize,
  },
  {
    headers: ["asm/ptrace.h", "linux/ptrace.h", "linux/elf.h"],
    constants: {
      ...prefixed("PTRACE_", abi.PTRACE),
      ...prefixed("PTRACE_O_", abi.PTRACE_O),
      ...prefixed("NT_", abi.NT),
      PTRACE_EVENT_STOP: abi.PTRACE_EVENT_STOP,
    },
  },
  {
    headers: ["linux/resource.h"],
    constants: { ...numbered(abi.RLIMIT_NAMES), ...prefixed("PRIO_", abi.PRIO), RLIM_NLIMITS: abi.RLIMIT_NAMES.length },
  },
  {
    headers: ["linux/wait.h"],
    constants: {
      ...prefixed("W", without(abi.W, "ALL", "CLONE", "NOTHREAD")),
      ...prefixed("P_", abi.P),
      __WALL: abi.W.ALL,
      __WCLONE: abi.W.CLONE,
      __WNOTHREAD: abi.W.NOTHREAD,
    },
  },
  {
    headers: ["linux/capability.h", "linux/securebits.h"],
    constants: {
      ...numbered(abi.CAPABILITY_NAMES),
      _LINUX_CAPABILITY_VERSION_3: abi.CAPABILITY_VERSION_3,
      SECBIT_NOROOT: abi.SECBIT.NOROOT,
      SECBIT_NO_SETUID_FIXUP: abi.SECBIT.NO_SETUID_FIXUP,
      SECBIT_KEEP_CAPS: abi.SECBIT.KEEP_CAPS,
    },
  },
  {
    headers: ["sys/socket.h", "linux/un.h"],
    constants: {
      ...prefixed("AF_", abi.AF),
      ...prefixed("SOCK_", abi.SOCK),
      ...prefixed("SO_", abi.SO),
      ...prefixed("MSG_", abi.MSG),
      ...prefixed("SCM_", abi.SCM),
      ...prefixed("SHUT_", abi.SHUT),
      SOL_SOCKET: abi.SOL.SOCKET,
      SOL_RAW: abi.SOL.RAW,
      SOL_ICMPV6: abi.SOL.ICMPV6,
      UNIX_PATH_MAX: abi.UNIX_PATH_MAX,
    },
  },
  {
    headers: ["linux/in.h", "linux/in6.h", "linux/icmp.h"],
    constants: {
      ...prefixed("IPPROTO_", abi.IPPROTO),
      ...prefixed("IP_", abi.IP),
      ...prefixed("IPV6_", abi.IPV6),
      ICMP_FILTER: abi.ICMP_FILTER,
    },
  },
  {
    headers: ["netinet/tcp.h"],
    constants: {
      ...prefixed("TCP_", abi.TCP),
      ...prefixed("TCP_", abi.TCP_STATE),
      ...prefixed("TCPI_OPT_", abi.TCPI_OPT),
      TCPOPT_MAXSEG: abi.TCPOPT.MAXSEG,
      TCPOPT_WINDOW: abi.TCPOPT.WINDOW,
      TCPOPT_SACK_PERMITTED: abi.TCPOPT.SACK_PERM,
      TCPOPT_TIMESTAMP: abi.TCPOPT.TIMESTAMP,
    },
  },
  {
    headers: ["linux/if.h", "linux/netlink.h", "linux/sockios.h"],
    constants: {
      NETLINK_CONNECTED: abi.NETLINK_CONNECTED,
      SIOCGIFINDEX: abi.SIOCGIFINDEX,
      SIOCGIFNAME: abi.SIOCGIFNAME,
    },
    offsets: ["ifreq", { ifr_ifru: abi.IFREQ.ifindex }],
    size: abi.IFREQ.size,
  },
  {
    headers: ["linux/fanotify.h", "linux/pidfd.h"],
    constants: {
      ...prefixed("FAN_", abi.FAN_INIT),
      ...prefixed("FAN_MARK_", abi.FAN_MARK),
      ...prefixed("PIDFD_", abi.PIDFD),
    },
  },
  {
    headers: ["sys/socket.h", "linux/if_packet.h"],
    constants: { ...prefixed("PACKET_", abi.PACKET), SOCK_PACKET: abi.SOCK_PACKET, SOL_PACKET: abi.SOL.PACKET },
  },
  {
    headers: ["sys/ioctl.h", "linux/if_tun.h"],
    constants: { ...prefixed("TUN", abi.TUN), ...prefixed("IFF_", abi.IFF_TUN) },
  },
  {
    headers: ["linux/bpf.h"],
    constants: {
      ...prefixed("BPF_", abi.BPF),
      ...prefixed("BPF_MAP_TYPE_", abi.BPF_MAP_TYPE),
      ...prefixed("BPF_F_", abi.BPF_F),
    },
  },
  {
    headers: ["asm/signal.h"],
    constants: { ...prefixed("SIG", abi.SIG), ...prefixed("SIG_", abi.SIG_BLOCK) },
  },
];

function without<T extends Table, K extends keyof T>(table: T, ...names: K[]): Table {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name as K)));
}

/** The values that a C compiler has for expressions; those that its headers do not know are left out. */
function valuesInHeaders(headers: readonly string[], expressions: readonly string[]): ReadonlyMap<string, bigint> {
  const folder = temporaryDirectory();
  const program = join(folder, "probe");
  let wanted = expressions;
  // Older headers lack some: what the compiler complains about is left out, until it is content.
  for (let round = 0; round < 20; round++) {
    const lines = wanted.map((text) => `printf("%s=%lld\\n", ${JSON.stringify(text)}, (long long)(${text}));`);
    const includes = [...headers, "stdio.h", "stddef.h"].map((header) => `#include <${header}>`);
    writeFileSync(`${program}.c`, `${includes.join("\n")}\nint main(void) {\n${lines.join("\n")}\nreturn 0; }\n`);
    const args = ["-w", "-fmax-errors=1000", "-o", program, `${program}.c`];
    const compiled = spawnSync("gcc", args, { encoding: "utf8", timeout: 60_000 });
    if (compiled.status === 0) break;
    const unknown = new Set(
      [...compiled.stderr.matchAll(/probe\.c:(\d+):\d+: error/g)].map(([, line]) => Number(line)),
    );
    const before = includes.length + 2;
    const rest = wanted.filter((_text, index) => !unknown.has(before + index));
    if (rest.length === wanted.length) throw new Error(compiled.stderr);
    wanted = rest;
  }
  const ran = spawnSync(program, { encoding: "utf8", timeout: 10_000 });
  const pairs = ran.stdout
    .trim()
    .split("\n")
    .map((line) => line.split("=") as [string, string]);
  return new Map(pairs.map(([text, value]) => [text, BigInt(value)]));
}

const there = process.arch === "x64" && isInstalled("gcc");

describe.skipIf(!there)(needing(there, "tables of the kernel's interface", "gcc on x86_64"), () => {
  it.each(KERNEL)("are what $headers have", ({ headers, constants, offsets, size }) => {
    const expected = new Map<string, bigint>();
    for (const [name, value] of Object.entries(constants)) expected.set(name, BigInt(value));
    if (offsets !== undefined) {
      const [struct, members] = offsets;
      for (const [name, value] of Object.entries(members))
        expected.set(`offsetof(struct ${struct}, ${name})`, BigInt(value));
      expected.set(`sizeof(struct ${struct})`, BigInt(size ?? 0));
    }
    const found = valuesInHeaders(headers, [...expected.keys()]);
    const known = [...expected].filter(([name]) => found.has(name));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(known));
    // Headers of another age lack a few; lacking most would mean that nothing was compared.
    expect(found.size).toBeGreaterThan(0.8 * expected.size);
  });

  it("has the registers where sys/user.h has them", () => {
    const long: Readonly<Record<string, string>> = { flags: "eflags" };
    const short = new Set(["bp", "bx", "ax", "cx", "dx", "si", "di", "ip", "sp"]);
    const names = abi.USER_REGS.map((name) => (short.has(name) ? `r${name}` : (long[name] ?? name)));
    const expressions = names.map(
      (name) => `offsetof(struct user_regs_struct, ${name === "orig_ax" ? "orig_rax" : name})`,
    );
    const found = valuesInHeaders(["sys/user.h"], [...expressions, "sizeof(struct user_regs_struct)"]);
    expect([...found.values()]).toEqual([
      ...abi.USER_REGS.map((name) => BigInt(abi.userRegOffset(name))),
      BigInt(abi.USER_REGS_SIZE),
    ]);
  });
});

describe("waitStatus", () => {
  it.each([
    [0, { kind: "exited", code: 0 }],
    [0x2a00, { kind: "exited", code: 42 }],
    [9, { kind: "killed", signal: 9, core: false }],
    [0x8b, { kind: "killed", signal: 11, core: true }],
    [0x057f, { kind: "stopped", signal: 5, event: 0 }],
    [0x80057f, { kind: "stopped", signal: 5, event: abi.PTRACE_EVENT_STOP }],
  ])("takes 0x%s apart", (status, parts) => {
    expect(abi.waitStatus(status)).toEqual(parts);
  });
});

describe("names of numbers", () => {
  it("tells errors, signals and calls by name, and numbers that have none", () => {
    expect(abi.errnoName(2)).toBe("ENOENT");
    expect(abi.errnoText(2)).toMatch(/^ENOENT \(.+\)$/);
    expect(abi.errnoName(4000)).toContain("4000");
    expect(abi.signalName(17)).toBe("SIGCHLD");
    expect(abi.signalName(34)).toBe("SIGRT34");
    expect(abi.syscallName(39)).toBe("getpid");
    expect(abi.syscallName(9999)).toBeUndefined();
  });

  it("finds capabilities in a set", () => {
    expect(abi.hasCapability(1n << 21n, "CAP_SYS_ADMIN")).toBe(true);
    expect(abi.hasCapability(1n << 20n, "CAP_SYS_ADMIN")).toBe(false);
  });
});
