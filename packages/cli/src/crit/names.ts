/** Names that `crit` shows for bits and numbers of fields. Source: CRIU 4.2, lib/pycriu/images/pb2dict.py. */

/** Bits by name, in the order in which they are shown. */
export const FLAGS = {
  protection: { PROT_READ: 1, PROT_WRITE: 2, PROT_EXEC: 4 },
  mapping: { MAP_SHARED: 1, MAP_PRIVATE: 2, MAP_DROPPABLE: 8, MAP_ANON: 0x20, MAP_GROWSDOWN: 0x100 },
  status: {
    VMA_AREA_REGULAR: 2 ** 0,
    VMA_AREA_STACK: 2 ** 1,
    VMA_AREA_VSYSCALL: 2 ** 2,
    VMA_AREA_VDSO: 2 ** 3,
    VMA_AREA_HEAP: 2 ** 5,
    VMA_FILE_PRIVATE: 2 ** 6,
    VMA_FILE_SHARED: 2 ** 7,
    VMA_ANON_SHARED: 2 ** 8,
    VMA_ANON_PRIVATE: 2 ** 9,
    VMA_AREA_SYSVIPC: 2 ** 10,
    VMA_AREA_SOCKET: 2 ** 11,
    VMA_AREA_VVAR: 2 ** 12,
    VMA_AREA_AIORING: 2 ** 13,
    VMA_AREA_MEMFD: 2 ** 14,
    VMA_AREA_SHSTK: 2 ** 15,
    VMA_AREA_UPROBES: 2 ** 17,
    VMA_UNSUPP: 2 ** 31,
  },
  open: {
    O_WRONLY: 0o1,
    O_RDWR: 0o2,
    O_CREAT: 0o100,
    O_EXCL: 0o200,
    O_NOCTTY: 0o400,
    O_TRUNC: 0o1000,
    O_APPEND: 0o2000,
    O_NONBLOCK: 0o4000,
    O_DSYNC: 0o10000,
    FASYNC: 0o20000,
    O_DIRECT: 0o40000,
    O_LARGEFILE: 0o100000,
    O_DIRECTORY: 0o200000,
    O_NOFOLLOW: 0o400000,
    O_NOATIME: 0o1000000,
    O_CLOEXEC: 0o2000000,
  },
  seals: { F_SEAL_SEAL: 1, F_SEAL_SHRINK: 2, F_SEAL_GROW: 4, F_SEAL_WRITE: 8, F_SEAL_FUTURE_WRITE: 16 },
  pages: { PE_PARENT: 1, PE_LAZY: 2, PE_PRESENT: 4 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** Numbers by name. */
export const NAMES = {
  state: { Alive: 1, Zombie: 3, Stopped: 6 },
  family: { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 },
  type: { STREAM: 1, DGRAM: 2, RAW: 3, SEQPACKET: 5, PACKET: 10 },
  tcp: {
    ESTABLISHED: 1,
    SYN_SENT: 2,
    SYN_RECV: 3,
    FIN_WAIT1: 4,
    FIN_WAIT2: 5,
    TIME_WAIT: 6,
    CLOSE: 7,
    CLOSE_WAIT: 8,
    LAST_ACK: 9,
    LISTEN: 10,
  },
  protocol: { IP: 0, TCP: 6, UDP: 17, UDPLITE: 136 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** Flags as names with `|` between them. Bits without a name follow in hexadecimal. */
export function flagsToText(value: bigint, flags: Readonly<Record<string, number>>): string {
  let rest = value;
  const names: string[] = [];
  for (const [name, bits] of Object.entries(flags)) {
    if ((value & BigInt(bits)) === 0n) continue;
    names.push(name);
    rest &= ~BigInt(bits);
  }
  if (rest !== 0n) names.push(hexadecimal(rest));
  return names.join(" | ");
}

/** The inverse of `flagsToText`; undefined if a word is neither a name nor a number. */
export function textToFlags(text: string, flags: Readonly<Record<string, number>>): bigint | undefined {
  let value = 0n;
  for (const word of text === "" ? [] : text.split("|")) {
    const bits = flags[word.trim()] ?? toInteger(word.trim());
    if (bits === undefined) return undefined;
    value += BigInt(bits);
  }
  return value;
}

export function hexadecimal(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** A whole number in decimal or hexadecimal notation; undefined for other text. */
export function toInteger(text: string): bigint | undefined {
  const [, sign, digits] = /^(-?)(\d+|0x[\da-f]+)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}
