/** Options of SOL_UDP. With CORK, datagrams are put together until it is off. Source: include/uapi/linux/udp.h. */
export const UDP = { CORK: 1, ENCAP: 100, NO_CHECK6_TX: 101, NO_CHECK6_RX: 102, SEGMENT: 103, GRO: 104 } as const;
