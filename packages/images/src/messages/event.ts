/**
 * Descriptions of events: counters, polls, signals, timers, processes.
 *
 * @module
 */
import { embedded, int32, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";

function eventfdFileEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(3, fownEntry, required),
    counter: uint64(4, required),
  };
}
/** An eventfd. (CRIU: images/eventfd.proto) */
export interface EventfdFileEntry extends ValueOfFields<ReturnType<typeof eventfdFileEntryFields>> {}
/** Type of {@link EventfdFileEntry}. */
export const eventfdFileEntry: Message<EventfdFileEntry> = message("eventfd_file_entry", eventfdFileEntryFields);

function eventpollTfdEntryFields() {
  return {
    id: uint32(1, required),
    tfd: uint32(2, required),
    events: uint32(3, required),
    data: uint64(4, required),
    dev: uint32(5),
    inode: uint64(6),
    pos: uint64(7),
  };
}
/** A descriptor watched by an epoll. (CRIU: images/eventpoll.proto) */
export interface EventpollTfdEntry extends ValueOfFields<ReturnType<typeof eventpollTfdEntryFields>> {}
/** Type of {@link EventpollTfdEntry}. */
export const eventpollTfdEntry: Message<EventpollTfdEntry> = message("eventpoll_tfd_entry", eventpollTfdEntryFields);

function eventpollFileEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(3, fownEntry, required),
    tfd: embedded(4, eventpollTfdEntry, repeated),
  };
}
/** An epoll. (CRIU: images/eventpoll.proto) */
export interface EventpollFileEntry extends ValueOfFields<ReturnType<typeof eventpollFileEntryFields>> {}
/** Type of {@link EventpollFileEntry}. */
export const eventpollFileEntry: Message<EventpollFileEntry> = message(
  "eventpoll_file_entry",
  eventpollFileEntryFields,
);

function signalfdEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(3, fownEntry, required),
    sigmask: uint64(4, required),
  };
}
/** A signalfd. (CRIU: images/signalfd.proto) */
export interface SignalfdEntry extends ValueOfFields<ReturnType<typeof signalfdEntryFields>> {}
/** Type of {@link SignalfdEntry}. */
export const signalfdEntry: Message<SignalfdEntry> = message("signalfd_entry", signalfdEntryFields);

function timerfdEntryFields() {
  return {
    id: uint32(1, required),
    flags: uint32(2, required),
    fown: embedded(3, fownEntry, required),
    clockid: uint32(4, required),
    ticks: uint64(5, required),
    settime_flags: uint32(6, required),
    vsec: uint64(7, required),
    vnsec: uint64(8, required),
    isec: uint64(9, required),
    insec: uint64(10, required),
  };
}
/** A timerfd. (CRIU: images/timerfd.proto) */
export interface TimerfdEntry extends ValueOfFields<ReturnType<typeof timerfdEntryFields>> {}
/** Type of {@link TimerfdEntry}. */
export const timerfdEntry: Message<TimerfdEntry> = message("timerfd_entry", timerfdEntryFields);

function pidfdEntryFields() {
  return {
    id: uint32(1, required),
    ino: uint32(2, required),
    flags: uint32(3, required),
    nspid: int32(4, required),
    fown: embedded(5, fownEntry, required),
  };
}
/** A pidfd. (CRIU: images/pidfd.proto) */
export interface PidfdEntry extends ValueOfFields<ReturnType<typeof pidfdEntryFields>> {}
/** Type of {@link PidfdEntry}. */
export const pidfdEntry: Message<PidfdEntry> = message("pidfd_entry", pidfdEntryFields);
