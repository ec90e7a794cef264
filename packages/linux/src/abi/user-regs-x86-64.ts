/** struct user_regs_struct of x86_64: the fields in order, 8 bytes each. Source: arch/x86/include/asm/user_64.h. */
export const USER_REGS = [
  "r15",
  "r14",
  "r13",
  "r12",
  "bp",
  "bx",
  "r11",
  "r10",
  "r9",
  "r8",
  "ax",
  "cx",
  "dx",
  "si",
  "di",
  "orig_ax",
  "ip",
  "cs",
  "flags",
  "sp",
  "ss",
  "fs_base",
  "gs_base",
  "ds",
  "es",
  "fs",
  "gs",
] as const;

export type UserReg = (typeof USER_REGS)[number];

export const USER_REGS_SIZE = USER_REGS.length * 8;

/** The offset of a register in struct user_regs_struct. */
export function userRegOffset(name: UserReg): number {
  return USER_REGS.indexOf(name) * 8;
}
