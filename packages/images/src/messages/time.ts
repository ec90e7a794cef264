/**
 * Times, timers and time namespaces.
 *
 * @module
 */
import { embedded, int32, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function timevalFields() {
  return {
    tv_sec: uint64(1, required),
    /** Microseconds. */
    tv_usec: uint64(2, required),
  };
}
/** A time in seconds and microseconds. (CRIU: images/time.proto) */
export interface Timeval extends ValueOfFields<ReturnType<typeof timevalFields>> {}
/** Type of {@link Timeval}. */
export const timeval: Message<Timeval> = message("timeval", timevalFields);

function itimerEntryFields() {
  return {
    isec: uint64(1, required),
    iusec: uint64(2, required),
    vsec: uint64(3, required),
    vusec: uint64(4, required),
  };
}
/** An interval timer. (CRIU: images/timer.proto) */
export interface ItimerEntry extends ValueOfFields<ReturnType<typeof itimerEntryFields>> {}
/** Type of {@link ItimerEntry}. */
export const itimerEntry: Message<ItimerEntry> = message("itimer_entry", itimerEntryFields);

function posixTimerEntryFields() {
  return {
    it_id: uint32(1, required),
    clock_id: uint32(2, required),
    si_signo: uint32(3, required),
    it_sigev_notify: uint32(4, required),
    sival_ptr: uint64(5, required),
    overrun: uint32(6, required),
    isec: uint64(7, required),
    insec: uint64(8, required),
    vsec: uint64(9, required),
    vnsec: uint64(10, required),
    notify_thread_id: int32(11),
  };
}
/** A POSIX timer. (CRIU: images/timer.proto) */
export interface PosixTimerEntry extends ValueOfFields<ReturnType<typeof posixTimerEntryFields>> {}
/** Type of {@link PosixTimerEntry}. */
export const posixTimerEntry: Message<PosixTimerEntry> = message("posix_timer_entry", posixTimerEntryFields);

function taskTimersEntryFields() {
  return {
    real: embedded(1, itimerEntry, required),
    virt: embedded(2, itimerEntry, required),
    prof: embedded(3, itimerEntry, required),
    posix: embedded(4, posixTimerEntry, repeated),
  };
}
/** Timers of a process. (CRIU: images/timer.proto) */
export interface TaskTimersEntry extends ValueOfFields<ReturnType<typeof taskTimersEntryFields>> {}
/** Type of {@link TaskTimersEntry}. */
export const taskTimersEntry: Message<TaskTimersEntry> = message("task_timers_entry", taskTimersEntryFields);

function timespecFields() {
  return {
    tv_sec: uint64(1, required),
    tv_nsec: uint64(2, required),
  };
}
/** A time in seconds and nanoseconds. (CRIU: images/timens.proto) */
export interface Timespec extends ValueOfFields<ReturnType<typeof timespecFields>> {}
/** Type of {@link Timespec}. */
export const timespec: Message<Timespec> = message("timespec", timespecFields);

function timensEntryFields() {
  return {
    monotonic: embedded(1, timespec, required),
    boottime: embedded(2, timespec, required),
  };
}
/** Clocks of a time namespace at the time of the dump. (CRIU: images/timens.proto) */
export interface TimensEntry extends ValueOfFields<ReturnType<typeof timensEntryFields>> {}
/** Type of {@link TimensEntry}. */
export const timensEntry: Message<TimensEntry> = message("timens_entry", timensEntryFields);
