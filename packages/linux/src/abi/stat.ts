/** struct stat of x86_64: its size, and offsets of fields. Source: arch/x86/include/uapi/asm/stat.h. */
export const STAT = { size: 144, uid: 28 } as const;
