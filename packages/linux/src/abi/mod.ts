/**
 * Constants and layouts of the Linux kernel's interface, one file per kernel header.
 * Nothing here touches a system: it may be imported everywhere.
 *
 * @module
 */
export * from "./bpf.ts";
export * from "./capability.ts";
export * from "./cpufeature.ts";
export * from "./errno.ts";
export * from "./event-files.ts";
export * from "./fanotify.ts";
export * from "./fcntl.ts";
export * from "./icmp.ts";
export * from "./if.ts";
export * from "./if-packet.ts";
export * from "./if-tun.ts";
export * from "./in.ts";
export * from "./in6.ts";
export * from "./kcmp.ts";
export * from "./mman.ts";
export * from "./mount.ts";
export * from "./netlink.ts";
export * from "./page-scan.ts";
export * from "./pidfd.ts";
export * from "./prctl.ts";
export * from "./ptrace.ts";
export * from "./resource.ts";
export * from "./sched.ts";
export * from "./signal.ts";
export * from "./sock-diag.ts";
export * from "./socket.ts";
export * from "./sockios.ts";
export * from "./syscall.ts";
export * from "./tcp.ts";
export * from "./tty.ts";
export * from "./un.ts";
export * from "./user-regs-x86-64.ts";
export * from "./wait.ts";
