/** Options of SOL_TCP. Source: include/uapi/linux/tcp.h. */
export const TCP = {
  NODELAY: 1,
  MAXSEG: 2,
  CORK: 3,
  KEEPIDLE: 4,
  KEEPINTVL: 5,
  KEEPCNT: 6,
  SYNCNT: 7,
  LINGER2: 8,
  DEFER_ACCEPT: 9,
  WINDOW_CLAMP: 10,
  INFO: 11,
  QUICKACK: 12,
  CONGESTION: 13,
  THIN_LINEAR_TIMEOUTS: 16,
  USER_TIMEOUT: 18,
  REPAIR: 19,
  REPAIR_QUEUE: 20,
  QUEUE_SEQ: 21,
  REPAIR_OPTIONS: 22,
  FASTOPEN: 23,
  TIMESTAMP: 24,
  NOTSENT_LOWAT: 25,
  SAVE_SYN: 27,
  REPAIR_WINDOW: 29,
  FASTOPEN_CONNECT: 30,
  FASTOPEN_KEY: 33,
  FASTOPEN_NO_COOKIE: 34,
  INQ: 36,
  TX_DELAY: 37,
  RTO_MAX_MS: 44,
  RTO_MIN_US: 45,
  DELACK_MAX_US: 46,
} as const;

/** Values of TCP_REPAIR: the last one leaves repair mode without a window probe. Source: include/uapi/linux/tcp.h. */
export const TCP_REPAIR = { ON: 1, OFF: 0, OFF_NO_WP: -1 } as const;

/** Queues of TCP_REPAIR_QUEUE. Source: include/uapi/linux/tcp.h. */
export const TCP_QUEUE = { NONE: 0, RECV: 1, SEND: 2 } as const;

/** Codes of TCP_REPAIR_OPTIONS. Source: include/net/tcp.h. */
export const TCPOPT = { MAXSEG: 2, WINDOW: 3, SACK_PERM: 4, TIMESTAMP: 8 } as const;

/** Bits of tcpi_options. Source: include/uapi/linux/tcp.h. */
export const TCPI_OPT = { TIMESTAMPS: 1, SACK: 2, WSCALE: 4 } as const;

/**
 * struct tcp_info up to Linux 4.5: offsets of its members. `wscale` is the byte of the bit fields tcpi_snd_wscale and tcpi_rcv_wscale.
 * Source: include/uapi/linux/tcp.h.
 */
export const TCP_INFO = { size: 104, tcpi_state: 0, tcpi_options: 5, wscale: 6 } as const;

/** States of a connection; Unix sockets use some of them too. Source: include/net/tcp_states.h. */
export const TCP_STATE = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  FIN_WAIT2: 5,
  TIME_WAIT: 6,
  CLOSE: 7,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;

/** Flags of a TCP header. Source: include/uapi/linux/tcp.h. */
export const TCP_FLAG = { FIN: 0x01, RST: 0x04, ACK: 0x10 } as const;
