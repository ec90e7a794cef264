/** Address families. Source: include/linux/socket.h. */
export const AF = {
  UNSPEC: 0,
  UNIX: 1,
  INET: 2,
  BRIDGE: 7,
  INET6: 10,
  KEY: 15,
  NETLINK: 16,
  PACKET: 17,
  RDS: 21,
  CAN: 29,
  TIPC: 30,
  BLUETOOTH: 31,
  ALG: 38,
  VSOCK: 40,
  SMC: 43,
  XDP: 44,
} as const;

/** Socket types, and flags that may come with them. Source: include/linux/net.h. */
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, SEQPACKET: 5, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

/** Levels of setsockopt(2). Source: include/linux/socket.h. */
export const SOL = {
  IP: 0,
  SOCKET: 1,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ICMPV6: 58,
  RAW: 255,
  PACKET: 263,
  NETLINK: 270,
} as const;

/** Options of the socket level. Source: include/uapi/asm-generic/socket.h. */
export const SO = {
  DEBUG: 1,
  REUSEADDR: 2,
  TYPE: 3,
  DONTROUTE: 5,
  BROADCAST: 6,
  KEEPALIVE: 9,
  SNDBUF: 7,
  RCVBUF: 8,
  OOBINLINE: 10,
  NO_CHECK: 11,
  PRIORITY: 12,
  LINGER: 13,
  REUSEPORT: 15,
  PASSCRED: 16,
  PEERCRED: 17,
  RCVLOWAT: 18,
  RCVTIMEO: 20,
  SNDTIMEO: 21,
  BINDTODEVICE: 25,
  ATTACH_FILTER: 26,
  DETACH_FILTER: 27,
  PEERNAME: 28,
  TIMESTAMP: 29,
  ACCEPTCONN: 30,
  SNDBUFFORCE: 32,
  RCVBUFFORCE: 33,
  PASSSEC: 34,
  TIMESTAMPNS: 35,
  MARK: 36,
  TIMESTAMPING: 37,
  PROTOCOL: 38,
  DOMAIN: 39,
  RXQ_OVFL: 40,
  WIFI_STATUS: 41,
  PEEK_OFF: 42,
  NOFCS: 43,
  LOCK_FILTER: 44,
  SELECT_ERR_QUEUE: 45,
  BUSY_POLL: 46,
  MAX_PACING_RATE: 47,
  ZEROCOPY: 60,
  TXTIME: 61,
  TIMESTAMP_NEW: 63,
  TIMESTAMPNS_NEW: 64,
  TIMESTAMPING_NEW: 65,
  PREFER_BUSY_POLL: 69,
  BUSY_POLL_BUDGET: 70,
  BUF_LOCK: 72,
  RESERVE_MEM: 73,
  TXREHASH: 74,
  RCVMARK: 75,
  PASSPIDFD: 76,
  RCVPRIORITY: 82,
  PASSRIGHTS: 83,
  INQ: 84,
} as const;

/** Bits of SO_BUF_LOCK. Source: include/uapi/linux/socket.h. */
export const SOCK_BUF_LOCK = { SNDBUF: 1, RCVBUF: 2 } as const;

/** Flags of send and receive calls. Source: include/linux/socket.h. */
export const MSG = {
  PEEK: 2,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  WAITALL: 0x100,
  NOSIGNAL: 0x4000,
  CMSG_CLOEXEC: 0x40000000,
} as const;

/** Types of control messages of SOL_SOCKET. Source: include/linux/socket.h. */
export const SCM = { RIGHTS: 1, CREDENTIALS: 2, PIDFD: 4 } as const;

/** Directions of shutdown(2). Source: include/linux/net.h, enum sock_shutdown_cmd. */
export const SHUT = { RD: 0, WR: 1, RDWR: 2 } as const;

/** struct msghdr on 64-bit machines: offsets of its members. Source: include/linux/socket.h. */
export const MSGHDR = {
  size: 56,
  msg_name: 0,
  msg_namelen: 8,
  msg_iov: 16,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const;

/** Bytes of struct cmsghdr on 64-bit machines. Source: include/linux/socket.h. */
export const CMSG_HEADER_SIZE = 16;
