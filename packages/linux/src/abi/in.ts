/** Protocols. Source: include/uapi/linux/in.h. */
export const IPPROTO = { IP: 0, ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, UDPLITE: 136, RAW: 255, MPTCP: 262 } as const;

/** Options of SOL_IP. Source: include/uapi/linux/in.h. */
export const IP = {
  TOS: 1,
  TTL: 2,
  HDRINCL: 3,
  OPTIONS: 4,
  RECVOPTS: 6,
  RETOPTS: 7,
  PKTINFO: 8,
  MTU_DISCOVER: 10,
  RECVERR: 11,
  RECVTTL: 12,
  RECVTOS: 13,
  FREEBIND: 15,
  PASSSEC: 18,
  TRANSPARENT: 19,
  RECVORIGDSTADDR: 20,
  MINTTL: 21,
  NODEFRAG: 22,
  CHECKSUM: 23,
  BIND_ADDRESS_NO_PORT: 24,
  RECVFRAGSIZE: 25,
  RECVERR_RFC4884: 26,
  MULTICAST_IF: 32,
  MULTICAST_TTL: 33,
  MULTICAST_LOOP: 34,
  MULTICAST_ALL: 49,
  UNICAST_IF: 50,
  LOCAL_PORT_RANGE: 51,
} as const;

/** Options of SOL_IP and SOL_IPV6 for multicast groups, and the modes of a filter of sources. Source: include/uapi/linux/in.h. */
export const MCAST = { JOIN_GROUP: 42, MSFILTER: 48, EXCLUDE: 0, INCLUDE: 1 } as const;

/** struct group_filter, and struct group_req, which has its first two members. Source: include/uapi/linux/in.h. */
export const GROUP_FILTER = { gf_interface: 0, gf_group: 8, gf_fmode: 136, gf_numsrc: 140, gf_slist: 144 } as const;

/** Bytes of struct sockaddr_storage. Source: include/uapi/linux/socket.h. */
export const SOCKADDR_STORAGE_SIZE = 128;
