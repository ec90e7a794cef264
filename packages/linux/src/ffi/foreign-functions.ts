/**
 * The three things that Restage needs from a runtime to make system calls: memory, a view of it, and a way to call machine code in it.
 *
 * koffi works on all three runtimes, but takes 10 ms to load on Bun and 38 ms on Deno; their own interfaces take 1 ms. Hence one adapter
 * for each runtime (`docs/measurements.md`).
 */
export interface ForeignFunctions {
  /** mmap(2) of libc with address 0 and no file. Returns the address, or -1. */
  allocate(length: number, prot: number, flags: number): number;
  /** The C function at an address: seven 64-bit integers in, one out. Addresses and results fit a number. */
  callable(address: number): NativeFunction;
  /** The bytes at an address, shared with the native side, valid as long as the mapping is. */
  view(address: number, length: number): ArrayBuffer;
}

export type NativeFunction = (
  a0: number | bigint,
  a1: number | bigint,
  a2: number | bigint,
  a3: number | bigint,
  a4: number | bigint,
  a5: number | bigint,
  a6: number | bigint,
) => number;

let opened: Promise<ForeignFunctions> | undefined;

/** Loads the adapter of this runtime, once. Rejects when the runtime has no foreign function interface. */
export function openForeignFunctions(): Promise<ForeignFunctions> {
  opened ??= load();
  return opened;
}

async function load(): Promise<ForeignFunctions> {
  if ("Deno" in globalThis) return (await import("./deno.ffi.ts")).openDeno();
  if ("Bun" in globalThis) return (await import("./bun.ffi.ts")).openBun();
  return (await import("./node.ffi.ts")).openNode();
}
