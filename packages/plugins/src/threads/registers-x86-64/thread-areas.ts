import type { InputOf, UserDescT } from "@restage/images";
import { USER_DESC } from "@restage/linux/abi";

/** Bits of the flags of struct user_desc. Source: arch/x86/include/uapi/asm/ldt.h. */
const FLAGS = {
  seg_32bit: 1 << 0,
  contents_l: 1 << 1,
  contents_h: 1 << 2,
  read_exec_only: 1 << 3,
  limit_in_pages: 1 << 4,
  seg_not_present: 1 << 5,
  usable: 1 << 6,
} as const;

type Flag = keyof typeof FLAGS;

/** Makes the image of a struct user_desc. */
export function decodeThreadArea(bytes: Uint8Array): InputOf<UserDescT> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(USER_DESC.flags, true);
  const isSet = Object.entries(FLAGS).map(([name, bit]) => [name, (flags & bit) !== 0] as const);
  return {
    entry_number: view.getUint32(USER_DESC.entry_number, true),
    base_addr: view.getUint32(USER_DESC.base_addr, true),
    limit: view.getUint32(USER_DESC.limit, true),
    ...(Object.fromEntries(isSet) as Record<Flag, boolean>),
  };
}

/** Makes struct user_desc from the image. */
export function encodeThreadArea(area: InputOf<UserDescT>): Uint8Array {
  const bytes = new Uint8Array(USER_DESC.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(USER_DESC.entry_number, area.entry_number, true);
  view.setUint32(USER_DESC.base_addr, area.base_addr, true);
  view.setUint32(USER_DESC.limit, area.limit, true);
  const flags = (Object.keys(FLAGS) as Flag[]).reduce((all, name) => (area[name] ? all | FLAGS[name] : all), 0);
  view.setUint32(USER_DESC.flags, flags, true);
  return bytes;
}
