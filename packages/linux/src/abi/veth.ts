/** Attributes inside IFLA_INFO_DATA of a veth link. Source: include/uapi/linux/veth.h. */
export const VETH_INFO = { PEER: 1 } as const;
