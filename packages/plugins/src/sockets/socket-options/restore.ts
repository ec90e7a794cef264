import { addressOf, type Call, data, struct, type Task, type Value } from "@restage/core";
import type { SkOptsEntry } from "@restage/images";
import { SHUT, SO, SOL, TCP } from "@restage/linux/abi";

/** Room for any queue while it is filled; the kernel doubles it. */
const LARGEST_BUFFER = 0x3fff_ffff;

const NEEDS_NET_ADMIN = "the recorded value needs CAP_NET_ADMIN in the network namespace: restore as root";

/** Sets an option that is an int. */
export function setOption(task: Task, socket: Value, level: number, option: number, value: number | boolean): Call {
  return task.call.setsockopt(socket, level, option, struct([4, Number(value)]), 4);
}

/** Lets a socket take any queue; `setSocketOptions` gives it its own sizes. */
export function widenBuffers(task: Task, socket: Value): void {
  setBuffers(task, socket, LARGEST_BUFFER, LARGEST_BUFFER);
}

/** Sizes up to net.core.wmem_max and rmem_max everybody may have; larger ones require CAP_NET_ADMIN in the first user namespace. */
function setBuffers(task: Task, socket: Value, send: number, receive: number): void {
  for (const [option, forced, size] of [
    [SO.SNDBUF, SO.SNDBUFFORCE, send],
    [SO.RCVBUF, SO.RCVBUFFORCE, receive],
  ] as const) {
    setOption(task, socket, SOL.SOCKET, option, size);
    setOption(task, socket, SOL.SOCKET, forced, size).allow("EPERM");
  }
}

/**
 * The options that all sockets have, but for those that have to do with binding (SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE). Sizes of
 * buffers, and marks, require CAP_NET_ADMIN.
 */
export function setSocketOptions(task: Task, socket: Value, options: SkOptsEntry): void {
  const set = (option: number, value: number | boolean) => setOption(task, socket, SOL.SOCKET, option, value);
  // The kernel has doubled what it was given, and does so again.
  setBuffers(task, socket, options.so_sndbuf >> 1, options.so_rcvbuf >> 1);
  // Whether the kernel may change these sizes on its own: setting them has forbidden it. Kernels before 5.14 do not know it.
  if (options.so_buf_lock !== undefined) set(SO.BUF_LOCK, options.so_buf_lock).allow("ENOPROTOOPT");
  if (options.so_priority !== undefined) set(SO.PRIORITY, options.so_priority);
  if (options.so_rcvlowat !== undefined) set(SO.RCVLOWAT, options.so_rcvlowat);
  if (options.so_mark !== undefined) set(SO.MARK, options.so_mark).hint(NEEDS_NET_ADMIN);
  for (const [option, wanted] of switches(options)) if (wanted === true) set(option, true);
  if (options.so_oobinline) set(SO.OOBINLINE, true);
  if (options.so_linger !== undefined) {
    task.call.setsockopt(socket, SOL.SOCKET, SO.LINGER, struct([4, 1], [4, options.so_linger]), 8);
  }
  // Of images before CRIU 4.
  if (options.tcp_keepcnt !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPCNT, options.tcp_keepcnt);
  if (options.tcp_keepidle !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPIDLE, options.tcp_keepidle);
  if (options.tcp_keepintvl !== undefined) setOption(task, socket, SOL.TCP, TCP.KEEPINTVL, options.tcp_keepintvl);
  setWaitLimit(task, socket, SO.SNDTIMEO, options.so_snd_tmo_sec, options.so_snd_tmo_usec);
  setWaitLimit(task, socket, SO.RCVTIMEO, options.so_rcv_tmo_sec, options.so_rcv_tmo_usec);
  attachFilter(task, socket, options.so_filter);
}

/** Options that are off in a new socket. */
function switches(options: SkOptsEntry): readonly (readonly [number, boolean | undefined])[] {
  return [
    [SO.PASSCRED, options.so_passcred],
    [SO.PASSSEC, options.so_passsec],
    [SO.DONTROUTE, options.so_dontroute],
    [SO.NO_CHECK, options.so_no_check],
    [SO.BROADCAST, options.so_broadcast],
    [SO.KEEPALIVE, options.so_keepalive],
  ];
}

/** struct timeval; without one a new socket waits for ever. */
function setWaitLimit(task: Task, socket: Value, option: number, seconds: bigint, microseconds: bigint): void {
  if (seconds === 0n && microseconds === 0n) return;
  task.call.setsockopt(socket, SOL.SOCKET, option, struct([8, seconds], [8, microseconds]), 16);
}

/**
 * A classic BPF filter: struct sock_fprog. The image has each instruction as one word: code, jt, jf, k from the highest bits down.
 */
function attachFilter(task: Task, socket: Value, filter: readonly bigint[]): void {
  if (filter.length === 0) return;
  const bytes = new Uint8Array(8 * filter.length);
  const view = new DataView(bytes.buffer);
  filter.forEach((instruction, index) => {
    view.setUint16(8 * index, Number(instruction >> 48n), true);
    view.setUint8(8 * index + 2, Number((instruction >> 40n) & 0xffn));
    view.setUint8(8 * index + 3, Number((instruction >> 32n) & 0xffn));
    view.setUint32(8 * index + 4, Number(instruction & 0xffff_ffffn), true);
  });
  const program = struct([8, filter.length], [8, addressOf(data(bytes))]);
  task.call.setsockopt(socket, SOL.SOCKET, SO.ATTACH_FILTER, program, program.bytes.length);
}

/** Shuts down the directions that an image has recorded: 1 is reading, 2 writing, 3 both. */
export function shutDown(task: Task, socket: Value, directions: number | undefined): Call | undefined {
  if (directions === undefined || directions === 0) return undefined;
  return task.call.shutdown(socket, [SHUT.RD, SHUT.WR, SHUT.RDWR][directions - 1] ?? SHUT.RDWR);
}
