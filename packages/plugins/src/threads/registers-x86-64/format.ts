import {
  type InputOf,
  march,
  type UserX86FpregsEntry,
  type UserX86RegsEntry,
  type UserX86XsaveEntry,
  userX86RegsMode,
} from "@restage/images";
import type { ExtendedState } from "@restage/linux";
import { USER_REGS, USER_REGS_SIZE, userRegOffset } from "@restage/linux/abi";

/** What core images call this architecture. */
export const ARCHITECTURE = march.X86_64;

/** The value of orig_ax outside of a system call. The kernel then restarts nothing: ax and ip say where the thread resumes. */
const NO_SYSTEM_CALL = 0xffff_ffff_ffff_ffffn;

/** Makes struct user_regs_struct from the image. */
export function encodeGeneralRegisters(gpregs: UserX86RegsEntry): Uint8Array {
  const bytes = new Uint8Array(USER_REGS_SIZE);
  const view = new DataView(bytes.buffer);
  for (const name of USER_REGS)
    view.setBigUint64(userRegOffset(name), name === "orig_ax" ? NO_SYSTEM_CALL : gpregs[name], true);
  return bytes;
}

/** Makes the image from struct user_regs_struct. */
export function decodeGeneralRegisters(bytes: Uint8Array): UserX86RegsEntry {
  const view = viewOf(bytes);
  const values = USER_REGS.map((name) => [name, view.getBigUint64(userRegOffset(name), true)] as const);
  return {
    ...(Object.fromEntries(values) as Record<(typeof USER_REGS)[number], bigint>),
    mode: userX86RegsMode.NATIVE,
  };
}

/** Offsets in the FXSAVE area. Source: Intel SDM volume 1, 10.5. */
const FXSAVE = {
  cwd: 0,
  swd: 2,
  twd: 4,
  fop: 6,
  rip: 8,
  rdp: 16,
  mxcsr: 24,
  mxcsr_mask: 28,
  st_space: 32,
  xmm_space: 160,
  reserved: 416,
  size: 512,
} as const;

/** The most 32-bit words that the FXSAVE area has room for. */
export const FXSAVE_WORDS = {
  st_space: (FXSAVE.xmm_space - FXSAVE.st_space) / 4,
  xmm_space: (FXSAVE.reserved - FXSAVE.xmm_space) / 4,
} as const;

type Field32 = "ymmh_space" | "pkru";
type Field64 = "bndreg_state" | "bndcsr_state" | "opmask_reg" | "zmm_upper" | "hi16_zmm";

/** XSAVE components by number, with the width in bits of the words that images keep them in. Source: Intel SDM volume 1, 13.1. */
const COMPONENTS: readonly (
  | { readonly number: number; readonly field: Field32; readonly width: 32 }
  | { readonly number: number; readonly field: Field64; readonly width: 64 }
)[] = [
  { number: 2, field: "ymmh_space", width: 32 },
  { number: 3, field: "bndreg_state", width: 64 },
  { number: 4, field: "bndcsr_state", width: 64 },
  { number: 5, field: "opmask_reg", width: 64 },
  { number: 6, field: "zmm_upper", width: 64 },
  { number: 7, field: "hi16_zmm", width: 64 },
  { number: 9, field: "pkru", width: 32 },
];

/** Makes the FXSAVE area and the XSAVE components that were in use from the image. */
export function encodeExtendedState(fpregs: UserX86FpregsEntry): ExtendedState {
  const legacy = new Uint8Array(FXSAVE.size);
  const view = viewOf(legacy);
  for (const name of ["cwd", "swd", "twd", "fop"] as const) view.setUint16(FXSAVE[name], fpregs[name], true);
  for (const name of ["rip", "rdp"] as const) view.setBigUint64(FXSAVE[name], fpregs[name], true);
  for (const name of ["mxcsr", "mxcsr_mask"] as const) view.setUint32(FXSAVE[name], fpregs[name], true);
  for (const name of ["st_space", "xmm_space"] as const) legacy.set(fromWords32(fpregs[name]), FXSAVE[name]);
  return { legacy, components: fpregs.xsave === undefined ? [] : encodeComponents(fpregs.xsave) };
}

function encodeComponents(xsave: UserX86XsaveEntry): ExtendedState["components"] {
  return COMPONENTS.flatMap((component) => {
    const { number } = component;
    const isInUse = ((xsave.xstate_bv >> BigInt(number)) & 1n) === 1n;
    const bytes = component.width === 32 ? fromWords32(xsave[component.field]) : fromWords64(xsave[component.field]);
    return isInUse && bytes.length > 0 ? [{ number, bytes }] : [];
  });
}

/**
 * Makes the image from the FXSAVE area and the XSAVE components. Components that CRIU's images have no field for return to their initial state after a
 * restore.
 */
export function decodeExtendedState({
  legacy,
  components,
  present,
}: ExtendedState & { readonly present: bigint }): InputOf<UserX86FpregsEntry> {
  const view = viewOf(legacy);
  return {
    cwd: view.getUint16(FXSAVE.cwd, true),
    swd: view.getUint16(FXSAVE.swd, true),
    twd: view.getUint16(FXSAVE.twd, true),
    fop: view.getUint16(FXSAVE.fop, true),
    rip: view.getBigUint64(FXSAVE.rip, true),
    rdp: view.getBigUint64(FXSAVE.rdp, true),
    mxcsr: view.getUint32(FXSAVE.mxcsr, true),
    mxcsr_mask: view.getUint32(FXSAVE.mxcsr_mask, true),
    st_space: toWords32(legacy.subarray(FXSAVE.st_space, FXSAVE.xmm_space)),
    xmm_space: toWords32(legacy.subarray(FXSAVE.xmm_space, FXSAVE.reserved)),
    xsave: { xstate_bv: present, ...decodeComponents(components) },
  };
}

function decodeComponents(components: ExtendedState["components"]): Omit<InputOf<UserX86XsaveEntry>, "xstate_bv"> {
  const words32: Partial<Record<Field32, readonly number[]>> = {};
  const words64: Partial<Record<Field64, readonly bigint[]>> = {};
  for (const component of COMPONENTS) {
    const bytes = components.find(({ number }) => number === component.number)?.bytes;
    if (bytes === undefined) continue;
    if (component.width === 32) words32[component.field] = toWords32(bytes);
    else words64[component.field] = toWords64(bytes);
  }
  return { ...words32, ...words64 };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fromWords32(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function fromWords64(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

function toWords32(bytes: Uint8Array): readonly number[] {
  return [...new Uint32Array(bytes.slice().buffer)];
}

function toWords64(bytes: Uint8Array): readonly bigint[] {
  return [...new BigUint64Array(bytes.slice().buffer)];
}
