/**
 * Descriptor tables, and the one table of open file descriptions.
 *
 * @module
 */
import { embedded, enumeration, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { BpfmapFileEntry } from "./bpfmap.ts";
import { bpfmapFileEntry } from "./bpfmap.ts";
import type { EventfdFileEntry, EventpollFileEntry, PidfdEntry, SignalfdEntry, TimerfdEntry } from "./event.ts";
import { eventfdFileEntry, eventpollFileEntry, pidfdEntry, signalfdEntry, timerfdEntry } from "./event.ts";
import type { TunfileEntry } from "./network.ts";
import { tunfileEntry } from "./network.ts";
import type { FanotifyFileEntry, InotifyFileEntry } from "./notify.ts";
import { fanotifyFileEntry, inotifyFileEntry } from "./notify.ts";
import type { FifoEntry, PipeEntry } from "./pipe.ts";
import { fifoEntry, pipeEntry } from "./pipe.ts";
import type { ExtFileEntry, MemfdFileEntry, NsFileEntry, RegFileEntry } from "./regular-file.ts";
import { extFileEntry, memfdFileEntry, nsFileEntry, regFileEntry } from "./regular-file.ts";
import type { InetSkEntry } from "./socket-inet.ts";
import { inetSkEntry } from "./socket-inet.ts";
import type { NetlinkSkEntry } from "./socket-netlink.ts";
import { netlinkSkEntry } from "./socket-netlink.ts";
import type { PacketSockEntry } from "./socket-packet.ts";
import { packetSockEntry } from "./socket-packet.ts";
import type { UnixSkEntry } from "./socket-unix.ts";
import { unixSkEntry } from "./socket-unix.ts";
import type { TtyFileEntry } from "./tty.ts";
import { ttyFileEntry } from "./tty.ts";

/** Kinds of open file descriptions: `file_entry.type`, `fdinfo_entry.type`. */
export const fdTypes = {
  UND: 0,
  REG: 1,
  PIPE: 2,
  FIFO: 3,
  INETSK: 4,
  UNIXSK: 5,
  EVENTFD: 6,
  EVENTPOLL: 7,
  INOTIFY: 8,
  SIGNALFD: 9,
  PACKETSK: 10,
  TTY: 11,
  FANOTIFY: 12,
  NETLINKSK: 13,
  NS: 14,
  TUNF: 15,
  EXT: 16,
  TIMERFD: 17,
  MEMFD: 18,
  BPFMAP: 19,
  PIDFD: 20,
  CTL_TTY: 65534,
  AUTOFS_PIPE: 65535,
} as const;

/** A descriptor of a descriptor table. (CRIU: images/fdinfo.proto) */
export interface FdinfoEntry extends Unknowns {
  /** `file_entry.id`. */
  readonly id: number;
  /** Descriptor flags: 1 is close-on-exec. */
  readonly flags: number;
  readonly type: number;
  /** The descriptor's number. */
  readonly fd: number;
  readonly xattr_security_selinux?: string;
}

/** Type of {@link FdinfoEntry}. */
export const fdinfoEntry: Message<FdinfoEntry> = message("fdinfo_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  type: enumeration(3, required),
  fd: uint32(4, required),
  xattr_security_selinux: string(5),
}));

/** An open file description, of the kind that `type` tells. (CRIU: images/fdinfo.proto) */
export interface FileEntry extends Unknowns {
  /** One of {@link fdTypes}. */
  readonly type: number;
  readonly id: number;
  readonly reg?: RegFileEntry;
  readonly isk?: InetSkEntry;
  readonly nsf?: NsFileEntry;
  readonly psk?: PacketSockEntry;
  readonly nlsk?: NetlinkSkEntry;
  readonly efd?: EventfdFileEntry;
  readonly epfd?: EventpollFileEntry;
  readonly sgfd?: SignalfdEntry;
  readonly tunf?: TunfileEntry;
  readonly tfd?: TimerfdEntry;
  readonly ify?: InotifyFileEntry;
  readonly ffy?: FanotifyFileEntry;
  readonly ext?: ExtFileEntry;
  readonly usk?: UnixSkEntry;
  readonly fifo?: FifoEntry;
  readonly pipe?: PipeEntry;
  readonly tty?: TtyFileEntry;
  readonly memfd?: MemfdFileEntry;
  readonly bpf?: BpfmapFileEntry;
  readonly pidfd?: PidfdEntry;
}

/** Type of {@link FileEntry}. */
export const fileEntry: Message<FileEntry> = message("file_entry", () => ({
  type: enumeration(1, required),
  id: uint32(2, required),
  reg: embedded(3, regFileEntry),
  isk: embedded(4, inetSkEntry),
  nsf: embedded(5, nsFileEntry),
  psk: embedded(6, packetSockEntry),
  nlsk: embedded(7, netlinkSkEntry),
  efd: embedded(8, eventfdFileEntry),
  epfd: embedded(9, eventpollFileEntry),
  sgfd: embedded(10, signalfdEntry),
  tunf: embedded(11, tunfileEntry),
  tfd: embedded(12, timerfdEntry),
  ify: embedded(13, inotifyFileEntry),
  ffy: embedded(14, fanotifyFileEntry),
  ext: embedded(15, extFileEntry),
  usk: embedded(16, unixSkEntry),
  fifo: embedded(17, fifoEntry),
  pipe: embedded(18, pipeEntry),
  tty: embedded(19, ttyFileEntry),
  memfd: embedded(20, memfdFileEntry),
  bpf: embedded(21, bpfmapFileEntry),
  pidfd: embedded(22, pidfdEntry),
}));
