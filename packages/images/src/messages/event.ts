/**
 * Event files: eventfd, epoll, signalfd, timerfd and pidfd.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { embedded, int32, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import { NANOSECONDS, SECONDS } from "./time-limits.ts";

/** An eventfd. (CRIU: images/eventfd.proto) */
export interface EventfdFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly counter: bigint;
}

/** The message type of {@link EventfdFileEntry}. */
export const eventfdFileEntry: Message<EventfdFileEntry> = message("eventfd_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(3, fownEntry, required),
  counter: uint64(4, required),
}));

/** The file type of {@link EventfdFileEntry}. */
export const eventfdFile: FileType<EventfdFileEntry, "EVENTFD", "efd", "eventfd_file"> = new FileType({
  message: eventfdFileEntry,
  type: ["EVENTFD", 6],
  member: ["efd", 8],
  image: ["eventfd_file", "eventfd.img", 0x44523722],
});

/** A descriptor in the interest list of an epoll instance. (CRIU: images/eventpoll.proto) */
export interface EventpollTfdEntry extends Unknowns {
  readonly id: number;
  readonly tfd: number;
  readonly events: number;
  readonly data: bigint;
  readonly dev?: number;
  readonly inode?: bigint;
  readonly pos?: bigint;
}

/** The message type of {@link EventpollTfdEntry}. */
export const eventpollTfdEntry: Message<EventpollTfdEntry> = message("eventpoll_tfd_entry", () => ({
  id: uint32(1, required),
  tfd: uint32(2, required),
  events: uint32(3, required),
  data: uint64(4, required),
  dev: uint32(5),
  inode: uint64(6),
  pos: uint64(7),
}));

/** An epoll instance. (CRIU: images/eventpoll.proto) */
export interface EventpollFileEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly tfd: readonly EventpollTfdEntry[];
}

/** The message type of {@link EventpollFileEntry}. */
export const eventpollFileEntry: Message<EventpollFileEntry> = message("eventpoll_file_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(3, fownEntry, required),
  tfd: embedded(4, eventpollTfdEntry, repeated),
}));

/** The file type of {@link EventpollFileEntry}. */
export const eventpollFile: FileType<EventpollFileEntry, "EVENTPOLL", "epfd", "eventpoll_file"> = new FileType({
  message: eventpollFileEntry,
  type: ["EVENTPOLL", 7],
  member: ["epfd", 9],
  image: ["eventpoll_file", "eventpoll.img", 0x45023858],
});

/** A signalfd. (CRIU: images/signalfd.proto) */
export interface SignalfdEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly sigmask: bigint;
}

/** The message type of {@link SignalfdEntry}. */
export const signalfdEntry: Message<SignalfdEntry> = message("signalfd_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(3, fownEntry, required),
  sigmask: uint64(4, required),
}));

/** The file type of {@link SignalfdEntry}. */
export const signalfdFile: FileType<SignalfdEntry, "SIGNALFD", "sgfd", "signalfd"> = new FileType({
  message: signalfdEntry,
  type: ["SIGNALFD", 9],
  member: ["sgfd", 10],
  image: ["signalfd", "signalfd.img", 0x57323820],
});

/** A timerfd. (CRIU: images/timerfd.proto) */
export interface TimerfdEntry extends Unknowns {
  readonly id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly clockid: number;
  readonly ticks: bigint;
  readonly settime_flags: number;
  readonly vsec: bigint;
  readonly vnsec: bigint;
  readonly isec: bigint;
  readonly insec: bigint;
}

/** The message type of {@link TimerfdEntry}. */
export const timerfdEntry: Message<TimerfdEntry> = message("timerfd_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  fown: embedded(3, fownEntry, required),
  clockid: uint32(4, required),
  ticks: uint64(5, required),
  settime_flags: uint32(6, required),
  vsec: uint64(7, required, SECONDS),
  vnsec: uint64(8, required, NANOSECONDS),
  isec: uint64(9, required, SECONDS),
  insec: uint64(10, required, NANOSECONDS),
}));

/** The file type of {@link TimerfdEntry}. */
export const timerfdFile: FileType<TimerfdEntry, "TIMERFD", "tfd", "timerfd"> = new FileType({
  message: timerfdEntry,
  type: ["TIMERFD", 17],
  member: ["tfd", 12],
  image: ["timerfd", "timerfd.img", 0x50493712],
});

/** A pidfd. (CRIU: images/pidfd.proto) */
export interface PidfdEntry extends Unknowns {
  readonly id: number;
  readonly ino: number;
  readonly flags: number;
  readonly nspid: number;
  readonly fown: FownEntry;
}

/** The message type of {@link PidfdEntry}. */
export const pidfdEntry: Message<PidfdEntry> = message("pidfd_entry", () => ({
  id: uint32(1, required),
  ino: uint32(2, required),
  flags: uint32(3, required),
  nspid: int32(4, required),
  fown: embedded(5, fownEntry, required),
}));

/** The file type of {@link PidfdEntry}. */
export const pidfdFile: FileType<PidfdEntry, "PIDFD", "pidfd", "pidfd"> = new FileType({
  message: pidfdEntry,
  type: ["PIDFD", 20],
  member: ["pidfd", 22],
  image: ["pidfd", "pidfd.img", 0x54435556],
});
