/** Types of messages. Source: include/uapi/linux/rtnetlink.h. */
export const RTM = {
  NEWLINK: 16,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  DELADDR: 21,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
  NEWNEIGH: 28,
  GETNEIGH: 30,
  NEWRULE: 32,
  DELRULE: 33,
  GETRULE: 34,
  NEWQDISC: 36,
  GETQDISC: 38,
  GETTFILTER: 46,
  NEWNSID: 88,
  NEWLINKPROP: 108,
} as const;

/** struct ifinfomsg: offsets of its members. Source: include/uapi/linux/rtnetlink.h. */
export const IFINFOMSG = { size: 16, ifi_type: 2, ifi_index: 4, ifi_flags: 8, ifi_change: 12 } as const;

/** struct tcmsg: offsets of its members. Source: include/uapi/linux/rtnetlink.h. */
export const TCMSG = { size: 20, tcm_ifindex: 4, tcm_handle: 8, tcm_parent: 12, tcm_info: 16 } as const;

/** Attributes of a queueing discipline. Source: include/uapi/linux/rtnetlink.h. */
export const TCA = { KIND: 1, OPTIONS: 2, INGRESS_BLOCK: 13, EGRESS_BLOCK: 14 } as const;

/** Handles of traffic control. Source: include/uapi/linux/pkt_sched.h. */
export const TC_H = { MAJ_MASK: 0xffff_0000, ROOT: 0xffff_ffff, INGRESS: 0xffff_fff1 } as const;

/** Lower halves of the handles at which filters of a clsact discipline are. Source: include/uapi/linux/pkt_sched.h. */
export const TC_H_MIN = { INGRESS: 0xfff2, EGRESS: 0xfff3 } as const;

/** struct rtmsg: offsets of its members. Source: include/uapi/linux/rtnetlink.h. */
export const RTMSG = { size: 12, rtm_table: 4, rtm_flags: 8 } as const;

/** Flags of a route. Source: include/uapi/linux/rtnetlink.h. */
export const RTM_F = { CLONED: 0x200 } as const;

/** Routing tables. Source: include/uapi/linux/rtnetlink.h. */
export const RT_TABLE = { DEFAULT: 253, MAIN: 254, LOCAL: 255 } as const;

/** How far an address or a route reaches. Source: include/uapi/linux/rtnetlink.h. */
export const RT_SCOPE = { LINK: 253 } as const;

/** Attributes of a route. Source: include/uapi/linux/rtnetlink.h. */
export const RTA = { MULTIPATH: 9 } as const;

/** struct rtnexthop: offsets of its members. Source: include/uapi/linux/rtnetlink.h. */
export const RTNEXTHOP = { size: 8, rtnh_flags: 2 } as const;

/** Flags of a next hop. Source: include/uapi/linux/rtnetlink.h. */
export const RTNH_F = { DEAD: 1, LINKDOWN: 16 } as const;
