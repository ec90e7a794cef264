/**
 * Times, timers and time namespaces.
 *
 * @module
 */
import { embedded, int32, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { CLOCK_SECONDS, MICROSECONDS, NANOSECONDS, SECONDS } from "./time-limits.ts";

/** A time in seconds and microseconds. (CRIU: images/time.proto) */
export interface Timeval extends Unknowns {
  readonly tv_sec: bigint;
  /** Microseconds. */
  readonly tv_usec: bigint;
}

/** The message type of {@link Timeval}. */
export const timeval: Message<Timeval> = message("timeval", () => ({
  tv_sec: uint64(1, required),
  tv_usec: uint64(2, required, MICROSECONDS),
}));

/** An interval timer. (CRIU: images/timer.proto) */
export interface ItimerEntry extends Unknowns {
  readonly isec: bigint;
  readonly iusec: bigint;
  readonly vsec: bigint;
  readonly vusec: bigint;
}

/** The message type of {@link ItimerEntry}. */
export const itimerEntry: Message<ItimerEntry> = message("itimer_entry", () => ({
  isec: uint64(1, required, SECONDS),
  iusec: uint64(2, required, MICROSECONDS),
  vsec: uint64(3, required, SECONDS),
  vusec: uint64(4, required, MICROSECONDS),
}));

/** A POSIX timer. (CRIU: images/timer.proto) */
export interface PosixTimerEntry extends Unknowns {
  readonly it_id: number;
  readonly clock_id: number;
  readonly si_signo: number;
  readonly it_sigev_notify: number;
  readonly sival_ptr: bigint;
  readonly overrun: number;
  readonly isec: bigint;
  readonly insec: bigint;
  readonly vsec: bigint;
  readonly vnsec: bigint;
  readonly notify_thread_id?: number;
}

/** The message type of {@link PosixTimerEntry}. */
export const posixTimerEntry: Message<PosixTimerEntry> = message("posix_timer_entry", () => ({
  it_id: uint32(1, required),
  clock_id: uint32(2, required),
  si_signo: uint32(3, required),
  it_sigev_notify: uint32(4, required),
  sival_ptr: uint64(5, required),
  overrun: uint32(6, required),
  isec: uint64(7, required, SECONDS),
  insec: uint64(8, required, NANOSECONDS),
  vsec: uint64(9, required, SECONDS),
  vnsec: uint64(10, required, NANOSECONDS),
  notify_thread_id: int32(11),
}));

/** Timers of a process. (CRIU: images/timer.proto) */
export interface TaskTimersEntry extends Unknowns {
  readonly real: ItimerEntry;
  readonly virt: ItimerEntry;
  readonly prof: ItimerEntry;
  readonly posix: readonly PosixTimerEntry[];
}

/** The message type of {@link TaskTimersEntry}. */
export const taskTimersEntry: Message<TaskTimersEntry> = message("task_timers_entry", () => ({
  real: embedded(1, itimerEntry, required),
  virt: embedded(2, itimerEntry, required),
  prof: embedded(3, itimerEntry, required),
  posix: embedded(4, posixTimerEntry, repeated),
}));

/** The time of a clock in seconds and nanoseconds. (CRIU: images/timens.proto) */
export interface Timespec extends Unknowns {
  readonly tv_sec: bigint;
  readonly tv_nsec: bigint;
}

/** The message type of {@link Timespec}. */
export const timespec: Message<Timespec> = message("timespec", () => ({
  tv_sec: uint64(1, required, CLOCK_SECONDS),
  tv_nsec: uint64(2, required, NANOSECONDS),
}));

/** Clocks of a time namespace at the time of the dump. (CRIU: images/timens.proto) */
export interface TimensEntry extends Unknowns {
  readonly monotonic: Timespec;
  readonly boottime: Timespec;
}

/** The message type of {@link TimensEntry}. */
export const timensEntry: Message<TimensEntry> = message("timens_entry", () => ({
  monotonic: embedded(1, timespec, required),
  boottime: embedded(2, timespec, required),
}));
