import type { ThreadInfoX86 } from "@restage/images";
import { userRegOffset } from "@restage/linux/abi";
import { encodeExtendedState, encodeGeneralRegisters } from "@restage/plugins";
import { Bytes } from "./elf.ts";

/** Makes struct user_regs_struct, with the number of the system call that the thread was in. */
export function generalRegisters({ gpregs }: ThreadInfoX86): Uint8Array {
  const bytes = encodeGeneralRegisters(gpregs);
  new DataView(bytes.buffer).setBigUint64(userRegOffset("orig_ax"), gpregs.orig_ax, true);
  return bytes;
}

/** The FXSAVE area, which is struct user_fpregs_struct. */
export function floatingPointRegisters({ fpregs }: ThreadInfoX86): Uint8Array | undefined {
  return fpregs === undefined ? undefined : encodeExtendedState(fpregs).legacy;
}

/**
 * Where debuggers expect the XSAVE components, by number: the layout of Intel's processors. They recognize it by the size of the area.
 *
 * Source: gdb, gdbsupport/x86-xstate.h.
 */
const COMPONENTS: Readonly<Record<number, { readonly at: number; readonly end: number }>> = {
  2: { at: 576, end: 832 },
  3: { at: 960, end: 1088 },
  4: { at: 1024, end: 1088 },
  5: { at: 1088, end: 2688 },
  6: { at: 1152, end: 2688 },
  7: { at: 1664, end: 2688 },
  9: { at: 2688, end: 2696 },
};
/** Where the kernel writes which components the area has room for. Source: Linux, arch/x86/include/asm/user.h. */
const FEATURES = 464;
const XSAVE_HEADER = 512;
const XSAVE_HEADER_END = 576;
const X87_SSE_AND_AVX = 0b111n;

/** The components that the areas of a task have room for, by bits: debuggers expect the same in those of all threads. */
export function featuresOf(threads: readonly ThreadInfoX86[]): bigint {
  return threads
    .flatMap(componentsOf)
    .reduce((features, { number }) => features | (1n << BigInt(number)), X87_SSE_AND_AVX);
}

/** Makes the area of XSAVE in the standard format. */
export function extendedRegisters({ fpregs }: ThreadInfoX86, features: bigint): Uint8Array | undefined {
  if (fpregs?.xsave === undefined) return undefined;
  const present = Object.entries(COMPONENTS).filter(([number]) => ((features >> BigInt(number)) & 1n) === 1n);
  const area = new Bytes(Math.max(XSAVE_HEADER_END, ...present.map(([, { end }]) => end)));
  area.bytes.set(encodeExtendedState(fpregs).legacy);
  for (const { at, bytes } of componentsOf({ fpregs })) area.bytes.set(bytes, at);
  area.u64(FEATURES, features);
  area.u64(XSAVE_HEADER, fpregs.xsave.xstate_bv & features);
  return area.bytes;
}

function componentsOf({ fpregs }: Pick<ThreadInfoX86, "fpregs">) {
  const components = fpregs === undefined ? [] : encodeExtendedState(fpregs).components;
  return components.flatMap(({ number, bytes }) => {
    const place = COMPONENTS[number];
    return place === undefined ? [] : [{ number, bytes, at: place.at }];
  });
}
