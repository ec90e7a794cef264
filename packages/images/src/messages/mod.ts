/**
 * Every message of CRIU 4.2's images, by CRIU's names.
 *
 * @module
 */
export * from "./bits.ts";
export * from "./cgroup.ts";
export * from "./core.ts";
export * from "./core-arm.ts";
export * from "./core-loongarch64.ts";
export * from "./core-mips.ts";
export * from "./core-ppc64.ts";
export * from "./core-riscv64.ts";
export * from "./core-s390.ts";
export * from "./core-x86.ts";
export * from "./file.ts";
export * from "./file-lock.ts";
export * from "./file-owner.ts";
export * from "./file-type-list.ts";
export * from "./host.ts";
export * from "./inventory.ts";
export * from "./ipc.ts";
export * from "./memory.ts";
export * from "./mount.ts";
export * from "./namespace.ts";
export * from "./network.ts";
export * from "./own.ts";
export * from "./process.ts";
export * from "./security.ts";
export * from "./signal.ts";
export * from "./socket.ts";
export * from "./time.ts";
