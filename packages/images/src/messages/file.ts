/**
 * Descriptor tables, and the one table of open file descriptions.
 *
 * @module
 */
import { embedded, enumeration, required, string, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { bpfmapFileEntry } from "./bpfmap.ts";
import { eventfdFileEntry, eventpollFileEntry, pidfdEntry, signalfdEntry, timerfdEntry } from "./event.ts";
import { tunfileEntry } from "./network.ts";
import { fanotifyFileEntry, inotifyFileEntry } from "./notify.ts";
import { fifoEntry, pipeEntry } from "./pipe.ts";
import { extFileEntry, memfdFileEntry, nsFileEntry, regFileEntry } from "./regular-file.ts";
import { inetSkEntry } from "./socket-inet.ts";
import { netlinkSkEntry } from "./socket-netlink.ts";
import { packetSockEntry } from "./socket-packet.ts";
import { unixSkEntry } from "./socket-unix.ts";
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

function fdinfoEntryFields() {
  return {
    /** `file_entry.id`. */
    id: uint32(1, required),
    /** Descriptor flags: 1 is close-on-exec. */
    flags: uint32(2, required),
    type: enumeration(3, required),
    /** The descriptor's number. */
    fd: uint32(4, required),
    xattr_security_selinux: string(5),
  };
}
/** A descriptor of a descriptor table. (CRIU: images/fdinfo.proto) */
export interface FdinfoEntry extends ValueOfFields<ReturnType<typeof fdinfoEntryFields>> {}
/** Type of {@link FdinfoEntry}. */
export const fdinfoEntry: Message<FdinfoEntry> = message("fdinfo_entry", fdinfoEntryFields);

function fileEntryFields() {
  return {
    /** One of {@link fdTypes}. */
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
  };
}
/** An open file description, of the kind that `type` tells. (CRIU: images/fdinfo.proto) */
export interface FileEntry extends ValueOfFields<ReturnType<typeof fileEntryFields>> {}
/** Type of {@link FileEntry}. */
export const fileEntry: Message<FileEntry> = message("file_entry", fileEntryFields);
