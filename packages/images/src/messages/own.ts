/**
 * What CRIU's images have no fields for. Restage writes it to an image of its own, which CRIU ignores.
 *
 * @module
 */
import { bool, bytes, embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** PR_SET_SYSCALL_USER_DISPATCH. */
export interface OwnDispatchEntry extends Unknowns {
  readonly mode: bigint;
  readonly selector: bigint;
  readonly offset: bigint;
  readonly length: bigint;
}

/** The message type of {@link OwnDispatchEntry}. */
export const ownDispatchEntry: Message<OwnDispatchEntry> = message("own_dispatch_entry", () => ({
  mode: uint64(1, required),
  selector: uint64(2, required),
  offset: uint64(3, required),
  length: uint64(4, required),
}));

/** Properties of a thread. Absent fields have the value of a new thread. */
export interface OwnThreadEntry extends Unknowns {
  readonly tid: number;
  /** The processors on which it may run: bit n of the little-endian mask is processor n. */
  readonly affinity?: Uint8Array;
  /** As ioprio_set(2) takes it. */
  readonly io_priority?: number;
  /** Nanoseconds. */
  readonly timer_slack?: bigint;
  /** PR_SET_TSC. */
  readonly tsc?: number;
  /** PR_MCE_KILL: one of PR_MCE_KILL_LATE, EARLY, DEFAULT. */
  readonly machine_check?: number;
  readonly io_flusher?: boolean;
  readonly dispatch?: OwnDispatchEntry;
}

/** The message type of {@link OwnThreadEntry}. */
export const ownThreadEntry: Message<OwnThreadEntry> = message("own_thread_entry", () => ({
  tid: uint32(1, required),
  affinity: bytes(2),
  io_priority: uint32(3),
  timer_slack: uint64(4),
  tsc: uint32(5),
  machine_check: uint32(6),
  io_flusher: bool(7),
  dispatch: embedded(8, ownDispatchEntry),
}));

/** A part of a task's memory. */
export interface OwnRangeEntry extends Unknowns {
  readonly start: bigint;
  readonly end: bigint;
}

/** The message type of {@link OwnRangeEntry}. */
export const ownRangeEntry: Message<OwnRangeEntry> = message("own_range_entry", () => ({
  start: uint64(1, required),
  end: uint64(2, required),
}));

/** Properties of a process. Absent fields have the value of a new process. */
export interface OwnTaskEntry extends Unknowns {
  readonly pid: number;
  /** The signal that its parent gets at its end, if not SIGCHLD. */
  readonly exit_signal?: number;
  /** Flags of mlockall(2) for mappings to come. */
  readonly lock_future?: number;
  /** PR_SET_MEMORY_MERGE. */
  readonly memory_merge?: boolean;
  /** mseal(2). */
  readonly sealed: readonly OwnRangeEntry[];
}

/** The message type of {@link OwnTaskEntry}. */
export const ownTaskEntry: Message<OwnTaskEntry> = message("own_task_entry", () => ({
  pid: uint32(1, required),
  exit_signal: uint32(2),
  lock_future: uint32(3),
  memory_merge: bool(4),
  sealed: embedded(5, ownRangeEntry, repeated),
}));

/** The owner and the permissions of a file without a name. */
export interface OwnInodeEntry extends Unknowns {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The message type of {@link OwnInodeEntry}. */
export const ownInodeEntry: Message<OwnInodeEntry> = message("own_inode_entry", () => ({
  uid: uint32(1, required),
  gid: uint32(2, required),
  mode: uint32(3, required),
}));

/** Properties of an open file, by its id in files.img. Absent fields have the value of a new file. */
export interface OwnFileEntry extends Unknowns {
  readonly id: number;
  /** EFD_SEMAPHORE of an eventfd. */
  readonly semaphore?: boolean;
  /** Of a pipe or a socket. */
  readonly inode?: OwnInodeEntry;
}

/** The message type of {@link OwnFileEntry}. */
export const ownFileEntry: Message<OwnFileEntry> = message("own_file_entry", () => ({
  id: uint32(1, required),
  semaphore: bool(2),
  inode: embedded(3, ownInodeEntry),
}));

/** One subject. Exactly one field is present. */
export interface OwnEntry extends Unknowns {
  readonly thread?: OwnThreadEntry;
  readonly task?: OwnTaskEntry;
  readonly file?: OwnFileEntry;
}

/** The message type of {@link OwnEntry}. */
export const ownEntry: Message<OwnEntry> = message("own_entry", () => ({
  thread: embedded(1, ownThreadEntry),
  task: embedded(2, ownTaskEntry),
  file: embedded(3, ownFileEntry),
}));
