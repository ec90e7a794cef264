/** struct termios: offsets of its members. Source: include/uapi/asm-generic/termbits.h. */
export const TERMIOS = { c_iflag: 0, c_oflag: 4, c_cflag: 8, c_lflag: 12, c_line: 16, c_cc: 17, size: 36 } as const;

/** Number of control characters in struct termios. Source: include/uapi/asm-generic/termbits.h. */
export const NCCS = 19;

/** Bits of c_cflag. Source: include/uapi/asm-generic/termbits-common.h. */
export const C_CFLAG = { B38400: 0o17, CS8: 0o60, CREAD: 0o200 } as const;

/** Bits of c_lflag. Source: include/uapi/asm-generic/termbits.h. */
export const C_LFLAG = { ICANON: 2 } as const;
