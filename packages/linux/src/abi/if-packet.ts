/** Options of packet sockets, of level SOL_PACKET. Source: include/uapi/linux/if_packet.h. */
export const PACKET = {
  ADD_MEMBERSHIP: 1,
  RX_RING: 5,
  COPY_THRESH: 7,
  AUXDATA: 8,
  ORIGDEV: 9,
  VERSION: 10,
  RESERVE: 12,
  TX_RING: 13,
  LOSS: 14,
  VNET_HDR: 15,
  TIMESTAMP: 17,
  FANOUT: 18,
  QDISC_BYPASS: 20,
  IGNORE_OUTGOING: 23,
  VNET_HDR_SZ: 24,
} as const;

/** How packets are distributed in a group (PACKET_FANOUT_*). Source: include/uapi/linux/if_packet.h. */
export const PACKET_FANOUT_TYPE = { CBPF: 6, EBPF: 7 } as const;

/** The socket type of old packet sockets, which are bound to a device by its name. Source: include/linux/net.h. */
export const SOCK_PACKET = 10;

/** struct packet_mreq: offsets of its members. Source: include/uapi/linux/if_packet.h. */
export const PACKET_MREQ = { mr_type: 4, mr_alen: 6, mr_address: 8 } as const;
