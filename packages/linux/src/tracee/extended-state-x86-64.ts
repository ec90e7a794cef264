import type { RawSyscalls } from "../host/raw-syscalls.ts";
import type { ExtendedState } from "../kernel.ts";

/** xstate_bv, the first word of the XSAVE header. */
const XSTATE_BV = 512;
/** Offsets in the FXSAVE area: mxcsr_mask, which belongs to the processor, and the bytes that software may use. */
const MXCSR_MASK = 28;
const SOFTWARE_RESERVED = 464;

/**
 * Builds the XSAVE area of a thread: the recorded components, laid over the state of a thread that has used nothing. The format is the
 * standard one of this processor, whose CPUID leaf 0xd gives the offsets of components.
 *
 * @throws RangeError for a component that this processor does not have.
 */
export function layExtendedState(raw: RawSyscalls, initial: Uint8Array, state: ExtendedState): Uint8Array {
  const area = initial.slice();
  const view = new DataView(area.buffer);
  const { legacy, components } = state;
  area.set(legacy.subarray(0, MXCSR_MASK), 0);
  area.set(legacy.subarray(MXCSR_MASK + 4, SOFTWARE_RESERVED), MXCSR_MASK + 4);
  // Components that the image lacks were in their initial state, even where those of a new thread are not (protection keys).
  let present = (view.getBigUint64(XSTATE_BV, true) | LEGACY) & ~IN_IMAGES;
  for (const { number, bytes } of components) {
    const { offset, size } = componentLayout(raw, number);
    if (size !== bytes.length || offset + size > area.length) {
      throw new RangeError(
        `This processor has no room for ${bytes.length} bytes of extended state component ${number}: the checkpoint comes from another kind of processor`,
      );
    }
    area.set(bytes, offset);
    present |= 1n << BigInt(number);
  }
  view.setBigUint64(XSTATE_BV, present, true);
  return area;
}

/** XSAVE components that images have fields for: AVX, MPX, AVX-512, protection keys. */
const COMPONENTS = [2, 3, 4, 5, 6, 7, 9] as const;
const IN_IMAGES = COMPONENTS.reduce((bits, number) => bits | (1n << BigInt(number)), 0n);

/** x87 and SSE. */
const LEGACY = 3n;

const layouts = new Map<number, { readonly offset: number; readonly size: number }>();

function componentLayout(raw: RawSyscalls, number: number): { readonly offset: number; readonly size: number } {
  let layout = layouts.get(number);
  if (layout === undefined) {
    const [size, offset] = raw.cpuid(0xd, number);
    layout = { offset, size };
    layouts.set(number, layout);
  }
  return layout;
}

/** Splits the XSAVE area of a thread into its components. `present` is its xstate_bv: components without their bit are in their initial state. */
export function readExtendedState(raw: RawSyscalls, area: Uint8Array): ExtendedState & { readonly present: bigint } {
  const present = new DataView(area.buffer, area.byteOffset).getBigUint64(XSTATE_BV, true);
  const components = COMPONENTS.flatMap((number) => {
    const { offset, size } = componentLayout(raw, number);
    if (size === 0 || offset + size > area.length) return [];
    return [{ number, bytes: area.slice(offset, offset + size) }];
  });
  return { legacy: area.slice(0, 512), components, present };
}
