/** Attributes of a link. Source: include/uapi/linux/if_link.h. */
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  QDISC: 6,
  MASTER: 10,
  TXQLEN: 13,
  LINKINFO: 18,
  IFALIAS: 20,
  GROUP: 27,
  NET_NS_FD: 28,
  LINK_NETNSID: 37,
  XDP: 43,
  NEW_IFINDEX: 49,
  PROP_LIST: 52,
  ALT_IFNAME: 53,
} as const;

/** Attributes inside IFLA_XDP. Source: include/uapi/linux/if_link.h. */
export const IFLA_XDP = { ATTACHED: 2 } as const;

/** Attributes inside IFLA_LINKINFO. Source: include/uapi/linux/if_link.h. */
export const IFLA_INFO = { KIND: 1, DATA: 2 } as const;

/** Attributes inside IFLA_INFO_DATA of a bridge. Source: include/uapi/linux/if_link.h. */
export const IFLA_BR = { STP_STATE: 5, VLAN_FILTERING: 7 } as const;

/** Attributes inside IFLA_INFO_DATA of a macvlan link. Source: include/uapi/linux/if_link.h. */
export const IFLA_MACVLAN = { MODE: 1, FLAGS: 2 } as const;

/** Attributes inside IFLA_INFO_DATA of a TUN or TAP link. Source: include/uapi/linux/if_link.h. */
export const IFLA_TUN = { OWNER: 1, GROUP: 2, TYPE: 3, PI: 4, VNET_HDR: 5, PERSIST: 6, MULTI_QUEUE: 7 } as const;
