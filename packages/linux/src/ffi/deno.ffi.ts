import type { ForeignFunctions, NativeFunction } from "./foreign-functions.ts";

/** The part of `Deno` that is used. Only Deno ships its types. */
interface DenoFfi {
  dlopen(
    library: string,
    symbols: Record<string, { parameters: readonly string[]; result: string }>,
  ): { symbols: Record<string, (...args: bigint[]) => bigint> };
  readonly UnsafePointer: { create(address: bigint): object };
  readonly UnsafePointerView: { getArrayBuffer(pointer: object, length: number): ArrayBuffer };
  readonly UnsafeFnPointer: new (
    pointer: object,
    definition: { parameters: readonly string[]; result: string },
  ) => { call(...args: (number | bigint)[]): bigint };
}

const WORD = "i64";

/** Requires `--allow-ffi`. */
export function openDeno(): ForeignFunctions {
  const deno = (globalThis as unknown as { Deno: DenoFfi }).Deno;
  const libc = deno.dlopen("libc.so.6", {
    mmap: { parameters: [WORD, WORD, WORD, WORD, WORD, WORD], result: WORD },
  });
  const mmap = libc.symbols["mmap"] as (...args: bigint[]) => bigint;
  return {
    allocate: (length, prot, flags) => Number(mmap(0n, BigInt(length), BigInt(prot), BigInt(flags), -1n, 0n)),
    callable(address) {
      const call = new deno.UnsafeFnPointer(deno.UnsafePointer.create(BigInt(address)), {
        parameters: [WORD, WORD, WORD, WORD, WORD, WORD, WORD],
        result: WORD,
      });
      const native: NativeFunction = (a0, a1, a2, a3, a4, a5, a6) => Number(call.call(a0, a1, a2, a3, a4, a5, a6));
      return native;
    },
    view: (address, length) =>
      deno.UnsafePointerView.getArrayBuffer(deno.UnsafePointer.create(BigInt(address)), length),
  };
}
