import type { ForeignFunctions, NativeFunction } from "./foreign-functions.ts";

/** The part of `bun:ffi` that is used. Only Bun ships its types. */
interface BunFfi {
  dlopen(
    library: string,
    symbols: Record<string, { args: readonly string[]; returns: string }>,
  ): { symbols: Record<string, (...args: number[]) => number | bigint> };
  CFunction(options: {
    ptr: number;
    args: readonly string[];
    returns: string;
  }): (...args: (number | bigint)[]) => number | bigint;
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}

/** `i64_fast` returns a number where the value fits one, otherwise a bigint. */
const WORD = "i64_fast";

export async function openBun(): Promise<ForeignFunctions> {
  // Written so that bundlers for Node do not try to resolve it.
  const ffi = (await import(["bun", "ffi"].join(":"))) as BunFfi;
  const libc = ffi.dlopen("libc.so.6", { mmap: { args: [WORD, WORD, WORD, WORD, WORD, WORD], returns: WORD } });
  const mmap = libc.symbols["mmap"] as (...args: number[]) => number | bigint;
  return {
    allocate: (length, prot, flags) => Number(mmap(0, length, prot, flags, -1, 0)),
    callable(address) {
      const call = ffi.CFunction({ ptr: address, args: [WORD, WORD, WORD, WORD, WORD, WORD, WORD], returns: WORD });
      const native: NativeFunction = (...args) => Number(call(...args));
      return native;
    },
    view: (address, length) => ffi.toArrayBuffer(address, 0, length),
  };
}
