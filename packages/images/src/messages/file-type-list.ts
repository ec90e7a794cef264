/**
 * The list of modules that declare file types. To add one, write a module with its message and its `FileType`, and
 * add a line here.
 *
 * @module
 */
export * from "./bpfmap.ts";
export * from "./event.ts";
export * from "./notify.ts";
export * from "./pipe.ts";
export * from "./regular-file.ts";
export * from "./socket-inet.ts";
export * from "./socket-netlink.ts";
export * from "./socket-packet.ts";
export * from "./socket-unix.ts";
export * from "./tty.ts";
export * from "./tun.ts";
