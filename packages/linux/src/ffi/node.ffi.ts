import type { ForeignFunctions, NativeFunction } from "./foreign-functions.ts";

/** Node's foreign function interface, from koffi, a prebuilt native package. */
export async function openNode(): Promise<ForeignFunctions> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const mmap = libc.func("int64_t mmap(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)");
  const prototype = koffi.proto(
    "int64_t restage_native(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)",
  );
  return {
    allocate: (length, prot, flags) => Number(mmap(0, length, prot, flags, -1, 0)),
    callable: (address) => koffi.decode(BigInt(address), prototype) as NativeFunction,
    view: (address, length) => koffi.view(BigInt(address), length),
  };
}
