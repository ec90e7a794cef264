/**
 * What CRIU's images have no fields for. Restage writes it to an image of its own, which CRIU ignores.
 *
 * @module
 */
import { bool, bytes, embedded, repeated, required, string, uint32, uint64 } from "../schema/field.ts";
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
  /** As personality(2) takes it. */
  readonly personality?: number;
  /** The mode and flags of its memory policy, as set_mempolicy(2) takes them. */
  readonly memory_policy?: number;
  /** The nodes of its memory policy: bit n of the little-endian mask is node n. */
  readonly memory_nodes?: Uint8Array;
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
  personality: uint32(9),
  memory_policy: uint32(10),
  memory_nodes: bytes(11),
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
  /** PR_SET_MDWE: whether memory can become executable. */
  readonly deny_write_execute?: number;
  /** mseal(2). */
  readonly sealed: readonly OwnRangeEntry[];
  /** mlock2(2) with MLOCK_ONFAULT. */
  readonly locked_on_fault: readonly OwnRangeEntry[];
  /** What of its memory a core dump has: /proc/PID/coredump_filter. */
  readonly coredump_filter?: number;
}

/** The message type of {@link OwnTaskEntry}. */
export const ownTaskEntry: Message<OwnTaskEntry> = message("own_task_entry", () => ({
  pid: uint32(1, required),
  exit_signal: uint32(2),
  lock_future: uint32(3),
  memory_merge: bool(4),
  sealed: embedded(5, ownRangeEntry, repeated),
  deny_write_execute: uint32(6),
  locked_on_fault: embedded(7, ownRangeEntry, repeated),
  coredump_filter: uint32(8),
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

/** An option of a socket, as setsockopt(2) takes it. */
export interface OwnOptionEntry extends Unknowns {
  readonly level: number;
  readonly option: number;
  readonly value: Uint8Array;
}

/** The message type of {@link OwnOptionEntry}. */
export const ownOptionEntry: Message<OwnOptionEntry> = message("own_option_entry", () => ({
  level: uint32(1, required),
  option: uint32(2, required),
  value: bytes(3, required),
}));

/** A multicast group that a socket has joined. */
export interface OwnMembershipEntry extends Unknowns {
  /** The name of the network device. */
  readonly device: string;
  /** One word of an IPv4 address, four of an IPv6 address; in the order of their bytes, little-endian, like the addresses of inet_sk_entry. */
  readonly group: readonly number[];
  /** Whether only datagrams of `sources` are received; otherwise those of all others are. */
  readonly only?: boolean;
  /** Addresses like `group`, one after another. */
  readonly sources: readonly number[];
}

/** The message type of {@link OwnMembershipEntry}. */
export const ownMembershipEntry: Message<OwnMembershipEntry> = message("own_membership_entry", () => ({
  device: string(1, required),
  group: uint32(2, repeated),
  only: bool(3),
  sources: uint32(4, repeated),
}));

/** The sender of a message, as SCM_CREDENTIALS shows it. Ids are those of the tree's own namespaces. */
export interface OwnCredentialsEntry extends Unknowns {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** The message type of {@link OwnCredentialsEntry}. */
export const ownCredentialsEntry: Message<OwnCredentialsEntry> = message("own_credentials_entry", () => ({
  pid: uint32(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
}));

/** A message in the receive queue of a Unix socket. */
export interface OwnMessageEntry extends Unknowns {
  /** Its place in the queue, from 0. */
  readonly index: number;
  readonly credentials?: OwnCredentialsEntry;
  /** The id in files.img of the socket that sent it, if that is not connected to this one; 0 for a socket without a name. */
  readonly sender?: number;
}

/** The message type of {@link OwnMessageEntry}. */
export const ownMessageEntry: Message<OwnMessageEntry> = message("own_message_entry", () => ({
  index: uint32(1, required),
  credentials: embedded(2, ownCredentialsEntry),
  sender: uint32(3),
}));

/** An unread datagram of a UDP socket. Addresses have one word for IPv4 and four for IPv6, in the order of their bytes, little-endian. */
export interface OwnDatagramEntry extends Unknowns {
  /** Of the sender. */
  readonly port: number;
  readonly source: readonly number[];
  /** For a socket that is bound to all addresses. */
  readonly destination: readonly number[];
  readonly content: Uint8Array;
}

/** The message type of {@link OwnDatagramEntry}. */
export const ownDatagramEntry: Message<OwnDatagramEntry> = message("own_datagram_entry", () => ({
  port: uint32(1, required),
  source: uint32(2, repeated),
  destination: uint32(3, repeated),
  content: bytes(4, required),
}));

/** A watch of an epoll set whose descriptor was closed while the file stayed open. */
export interface OwnWatchEntry extends Unknowns {
  /** Its place in the entry of the set, from 0. */
  readonly place: number;
  /** The descriptor with which it was added; the entry of the set has another one of the same file. */
  readonly number: number;
}

/** The message type of {@link OwnWatchEntry}. */
export const ownWatchEntry: Message<OwnWatchEntry> = message("own_watch_entry", () => ({
  place: uint32(1, required),
  number: uint32(2, required),
}));

/** How an epoll set polls network devices busily. The fields are those of struct epoll_params. */
export interface OwnBusyPollEntry extends Unknowns {
  /** How long, in microseconds. */
  readonly usecs: number;
  /** The most packets at once. */
  readonly budget: number;
  /** Whether interrupts of the devices are deferred meanwhile. */
  readonly prefer: boolean;
}

/** The message type of {@link OwnBusyPollEntry}. */
export const ownBusyPollEntry: Message<OwnBusyPollEntry> = message("own_busy_poll_entry", () => ({
  usecs: uint32(1, required),
  budget: uint32(2, required),
  prefer: bool(3, required),
}));

/** Properties of an open file, by its id in files.img. Absent fields have the value of a new file. */
export interface OwnFileEntry extends Unknowns {
  readonly id: number;
  /** EFD_SEMAPHORE of an eventfd. */
  readonly semaphore?: boolean;
  /** Of a pipe or a socket. */
  readonly inode?: OwnInodeEntry;
  /** Of a socket, in the order in which they are set. */
  readonly options: readonly OwnOptionEntry[];
  /** Of a socket. */
  readonly memberships: readonly OwnMembershipEntry[];
  /** Of a Unix socket: messages of which there is more to tell than sk-queues.img has. */
  readonly messages: readonly OwnMessageEntry[];
  /** Of a UDP socket. */
  readonly datagrams: readonly OwnDatagramEntry[];
  /** Of an epoll set. */
  readonly watches: readonly OwnWatchEntry[];
  /** IPPROTO_MPTCP, of a socket that inetsk.img calls a TCP socket. */
  readonly protocol?: number;
  /** Of the slave of a pseudoterminal in canonical mode: the beginning of a line that is not complete. */
  readonly line?: Uint8Array;
  /** Of a pipe: the bytes of each packet that waits in it (O_DIRECT). */
  readonly packets: readonly number[];
  /** Of an epoll set. */
  readonly busyPoll?: OwnBusyPollEntry;
}

/** The message type of {@link OwnFileEntry}. */
export const ownFileEntry: Message<OwnFileEntry> = message("own_file_entry", () => ({
  id: uint32(1, required),
  semaphore: bool(2),
  inode: embedded(3, ownInodeEntry),
  options: embedded(4, ownOptionEntry, repeated),
  memberships: embedded(5, ownMembershipEntry, repeated),
  messages: embedded(6, ownMessageEntry, repeated),
  datagrams: embedded(7, ownDatagramEntry, repeated),
  watches: embedded(8, ownWatchEntry, repeated),
  protocol: uint32(9),
  line: bytes(10),
  packets: uint32(11, repeated),
  busyPoll: embedded(12, ownBusyPollEntry),
}));

/** Settings of a network device. */
export interface OwnLinkEntry extends Unknowns {
  readonly ifindex: number;
  readonly alias?: string;
  /** How many packets wait to be sent (txqueuelen). */
  readonly queue_length?: number;
  readonly group?: number;
  /** Alternative names. */
  readonly names: readonly string[];
}

/** The message type of {@link OwnLinkEntry}. */
export const ownLinkEntry: Message<OwnLinkEntry> = message("own_link_entry", () => ({
  ifindex: uint32(1, required),
  alias: string(2),
  queue_length: uint32(3),
  group: uint32(4),
  names: string(5, repeated),
}));

/** Settings of a network namespace, by its id in the images. */
export interface OwnNetworkEntry extends Unknowns {
  readonly id: number;
  readonly links: readonly OwnLinkEntry[];
  /**
   * Permanent neighbours, those that this machine answers for, and static entries of bridges and links: each the body of an RTM_NEWNEIGH message.
   */
  readonly neighbours: readonly Uint8Array[];
  /** Queueing disciplines, parents before their children: each the body of an RTM_NEWQDISC message. */
  readonly disciplines: readonly Uint8Array[];
}

/** The message type of {@link OwnNetworkEntry}. */
export const ownNetworkEntry: Message<OwnNetworkEntry> = message("own_network_entry", () => ({
  id: uint32(1, required),
  links: embedded(2, ownLinkEntry, repeated),
  neighbours: bytes(3, repeated),
  disciplines: bytes(4, repeated),
}));

/** A POSIX message queue. */
export interface OwnQueueEntry extends Unknowns {
  /** Without a slash. */
  readonly name: string;
  /** Owners are ids of the tree's own user namespace. */
  readonly uid: number;
  readonly gid: number;
  /** Permissions. */
  readonly mode: number;
  /** The most messages that it takes. */
  readonly messages: number;
  /** The most bytes of a message. */
  readonly message_size: number;
}

/** The message type of {@link OwnQueueEntry}. */
export const ownQueueEntry: Message<OwnQueueEntry> = message("own_queue_entry", () => ({
  name: string(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
  mode: uint32(4, required),
  messages: uint32(5, required),
  message_size: uint32(6, required),
}));

/** Objects of an IPC namespace, by its id in the images. */
export interface OwnIpcEntry extends Unknowns {
  readonly id: number;
  readonly queues: readonly OwnQueueEntry[];
}

/** The message type of {@link OwnIpcEntry}. */
export const ownIpcEntry: Message<OwnIpcEntry> = message("own_ipc_entry", () => ({
  id: uint32(1, required),
  queues: embedded(2, ownQueueEntry, repeated),
}));

/** One subject. Exactly one field is present. */
export interface OwnEntry extends Unknowns {
  readonly thread?: OwnThreadEntry;
  readonly task?: OwnTaskEntry;
  readonly file?: OwnFileEntry;
  readonly network?: OwnNetworkEntry;
  readonly ipc?: OwnIpcEntry;
}

/** The message type of {@link OwnEntry}. */
export const ownEntry: Message<OwnEntry> = message("own_entry", () => ({
  thread: embedded(1, ownThreadEntry),
  task: embedded(2, ownTaskEntry),
  file: embedded(3, ownFileEntry),
  network: embedded(4, ownNetworkEntry),
  ipc: embedded(5, ownIpcEntry),
}));
