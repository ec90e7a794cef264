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
} as const;

/** Flags of TUNSETIFF and TUNSETQUEUE. Source: include/uapi/linux/if_tun.h. */
export const IFF_TUN = { DETACH_QUEUE: 0x400, PERSIST: 0x800 } as const;
