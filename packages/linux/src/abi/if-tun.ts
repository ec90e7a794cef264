/** ioctls of /dev/net/tun. Source: include/uapi/linux/if_tun.h. */
export const TUN = {
  SETIFF: 0x4004_54ca,
  SETPERSIST: 0x4004_54cb,
  SETOWNER: 0x4004_54cc,
  SETGROUP: 0x4004_54ce,
  SETSNDBUF: 0x4004_54d4,
  SETVNETHDRSZ: 0x4004_54d8,
  SETQUEUE: 0x4004_54d9,
  SETIFINDEX: 0x4004_54da,
  GETIFF: 0x8004_54d2,
  GETSNDBUF: 0x8004_54d3,
  GETVNETHDRSZ: 0x8004_54d7,
  GETFILTER: 0x8010_54db,
} as const;

/** Flags of TUNSETIFF and TUNSETQUEUE. Source: include/uapi/linux/if_tun.h. */
export const IFF_TUN = {
  MULTI_QUEUE: 0x100,
  DETACH_QUEUE: 0x400,
  PERSIST: 0x800,
  NO_PI: 0x1000,
  VNET_HDR: 0x4000,
} as const;
