/** Requests of ioctl(2) for terminals. Source: include/uapi/asm-generic/ioctls.h, ioctl_tty(2). */
export const TTY = {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TIOCEXCL: 0x540c,
  TIOCSCTTY: 0x540e,
  TIOCGPGRP: 0x540f,
  TIOCSPGRP: 0x5410,
  TIOCOUTQ: 0x5411,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  TIOCINQ: 0x541b,
  TIOCPKT: 0x5420,
  TIOCGLCKTRMIOS: 0x5456,
  TIOCSLCKTRMIOS: 0x5457,
  TIOCGPTN: 0x80045430,
  TIOCSPTLCK: 0x40045431,
  TIOCGPKT: 0x80045438,
  TIOCGPTLCK: 0x80045439,
  TIOCGEXCL: 0x80045440,
  TIOCGSID: 0x5429,
  TIOCGPTPEER: 0x5441,
} as const;

/** Asks how many bytes can be read. Source: include/uapi/asm-generic/ioctls.h. */
export const FIONREAD = 0x541b;
