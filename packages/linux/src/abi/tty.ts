/** Requests of ioctl(2) for terminals. Source: include/uapi/asm-generic/ioctls.h, ioctl_tty(2). */
export const TTY = {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TIOCEXCL: 0x540c,
  TIOCSCTTY: 0x540e,
  TIOCGPGRP: 0x540f,
  TIOCSPGRP: 0x5410,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  TIOCPKT: 0x5420,
  TIOCSLCKTRMIOS: 0x5457,
  TIOCGPTN: 0x80045430,
  TIOCSPTLCK: 0x40045431,
  TIOCGPTPEER: 0x5441,
} as const;

/** Number of control characters in struct termios. Source: include/uapi/asm-generic/termbits.h. */
export const NCCS = 19;
