/** Bytes of struct winsize. Source: include/uapi/asm-generic/termios.h. */
export const WINSIZE_SIZE = 8;
