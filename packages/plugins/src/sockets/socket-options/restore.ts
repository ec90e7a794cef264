import { type Call, data, giveCapability, struct, type Task, type Value } from "@restage/core";
import type { SkOptsEntry } from "@restage/images";
import { SHUT, SO, SOCK_BUF_LOCK, SOL, TCP } from "@restage/linux/abi";
import { filterProgram } from "./filter.ts";
import { CREDENTIAL_SWITCHES, encodeLinger, encodeTimeval, SHUTDOWN, SWITCHES, type TimeSpan } from "./format.ts";

/** A buffer size with room for any queue while it is filled; the kernel doubles it. */
export const LARGEST_BUFFER = 0x3fff_ffff;

/** Sets an option that is an int. */
export function setOption(task: Task, socket: Value, level: number, option: number, value: number | boolean): Call {
  return task.call.setsockopt(socket, level, option, struct([4, Number(value)]), 4);
}

/** Makes the buffers large enough for any queue. `setSocketOptions` sets the recorded sizes later. */
export function widenBuffers(task: Task, socket: Value): void {
  setBuffers(task, socket, LARGEST_BUFFER, LARGEST_BUFFER);
}

/**
 * Sets the sizes of the buffers. Everyone can have up to net.core.wmem_max and rmem_max; more requires CAP_NET_ADMIN in the first user
 * namespace.
 */
function setBuffers(task: Task, socket: Value, send: number | undefined, receive: number | undefined): void {
  for (const [option, forced, size] of [
    [SO.SNDBUF, SO.SNDBUFFORCE, send],
    [SO.RCVBUF, SO.RCVBUFFORCE, receive],
  ] as const) {
    if (size === undefined) continue;
    setOption(task, socket, SOL.SOCKET, option, size);
    setOption(task, socket, SOL.SOCKET, forced, size).allow("EPERM");
  }
}

/**
 * Sets the options that every socket has, except those that matter before binding (SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE). Large
 * buffers and marks require CAP_NET_ADMIN.
 *
 * @param hasBufLock whether sockets of this protocol have SO_BUF_LOCK.
 */
export function setSocketOptions(task: Task, socket: Value, options: SkOptsEntry, hasBufLock = true): void {
  const set = (option: number, value: number | boolean) => setOption(task, socket, SOL.SOCKET, option, value);
  const { so_sndbuf, so_rcvbuf, so_buf_lock } = options;
  // Setting a size also forbids the kernel to change it; SO_BUF_LOCK restores whether it may. Without it, only what was forbidden is set.
  const locks = hasBufLock || so_buf_lock === undefined ? SOCK_BUF_LOCK.SNDBUF | SOCK_BUF_LOCK.RCVBUF : so_buf_lock;
  // The kernel reports twice the size that it was given, and doubles it again.
  const sizeOf = (reported: number, lock: number) => ((locks & lock) === 0 ? undefined : reported >> 1);
  setBuffers(task, socket, sizeOf(so_sndbuf, SOCK_BUF_LOCK.SNDBUF), sizeOf(so_rcvbuf, SOCK_BUF_LOCK.RCVBUF));
  // Kernels before 5.14 lack the option.
  if (hasBufLock && so_buf_lock !== undefined) set(SO.BUF_LOCK, so_buf_lock).allow("ENOPROTOOPT");
  if (options.so_priority !== undefined) set(SO.PRIORITY, options.so_priority);
  if (options.so_rcvlowat !== undefined) set(SO.RCVLOWAT, options.so_rcvlowat);
  if (options.so_mark !== undefined) set(SO.MARK, options.so_mark).hint(giveCapability("CAP_NET_ADMIN"));
  for (const [field, option] of Object.entries({ ...CREDENTIAL_SWITCHES, ...SWITCHES }))
    if (options[field as keyof SkOptsEntry] === true) set(option, true);
  if (options.so_oobinline) set(SO.OOBINLINE, true);
  if (options.so_linger !== undefined) {
    const linger = data(encodeLinger(options.so_linger));
    task.call.setsockopt(socket, SOL.SOCKET, SO.LINGER, linger, linger.bytes.length);
  }
  // From images of CRIU before version 4.
  if (options.tcp_keepcnt !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPCNT, options.tcp_keepcnt);
  if (options.tcp_keepidle !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPIDLE, options.tcp_keepidle);
  if (options.tcp_keepintvl !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPINTVL, options.tcp_keepintvl);
  const { so_snd_tmo_sec, so_snd_tmo_usec, so_rcv_tmo_sec, so_rcv_tmo_usec } = options;
  setWaitLimit(task, socket, SO.SNDTIMEO, { seconds: so_snd_tmo_sec, microseconds: so_snd_tmo_usec });
  setWaitLimit(task, socket, SO.RCVTIMEO, { seconds: so_rcv_tmo_sec, microseconds: so_rcv_tmo_usec });
  if (options.so_filter.length > 0) attachFilter(task, socket, options.so_filter);
}

/** A new socket waits without a limit, which is recorded as zero. */
function setWaitLimit(task: Task, socket: Value, option: number, limit: TimeSpan): void {
  if (limit.seconds === 0n && limit.microseconds === 0n) return;
  const time = data(encodeTimeval(limit));
  task.call.setsockopt(socket, SOL.SOCKET, option, time, time.bytes.length);
}

/** Gives a socket a classic filter, in words of images, in place of the one that it has; an empty one detaches it. */
export function attachFilter(task: Task, socket: Value, filter: readonly bigint[]): Call {
  if (filter.length === 0) return setOption(task, socket, SOL.SOCKET, SO.DETACH_FILTER, 0);
  const program = filterProgram(filter);
  return task.call.setsockopt(socket, SOL.SOCKET, SO.ATTACH_FILTER, program, program.bytes.length);
}

/** Shuts a socket down in the recorded directions, bits of SHUTDOWN. */
export function shutDown(task: Task, socket: Value, directions: number | undefined): Call | undefined {
  if (directions === undefined || directions === 0) return undefined;
  const how = directions === SHUTDOWN.READ ? SHUT.RD : directions === SHUTDOWN.WRITE ? SHUT.WR : SHUT.RDWR;
  return task.call.shutdown(socket, how);
}
