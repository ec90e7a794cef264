import * as abi from "../../src/abi/mod.ts";
import { type Group, layout, prefixed, single } from "./c-headers.ts";

/** Tables of sockets of all families. */
export const SOCKETS: readonly Group[] = [
  { headers: ["linux/udp.h"], expressions: prefixed("UDP_", abi.UDP) },
  {
    headers: ["sys/socket.h", "netinet/in.h", "netinet/tcp.h"],
    expressions: {
      ...prefixed("AF_", abi.AF),
      ...prefixed("SOCK_", abi.SOCK),
      ...prefixed("SOL_", abi.SOL),
      ...prefixed("SO_", abi.SO),
      ...prefixed("MSG_", abi.MSG),
      ...prefixed("SCM_", abi.SCM),
      ...prefixed("SHUT_", abi.SHUT),
      ...prefixed("SOCK_", abi.SOCK_BUF_LOCK, { SNDBUF: "SOCK_SNDBUF_LOCK", RCVBUF: "SOCK_RCVBUF_LOCK" }),
      ...layout("struct msghdr", abi.MSGHDR),
      ...single({ CMSG_HEADER_SIZE: "sizeof(struct cmsghdr)" }),
    },
  },
  {
    headers: ["linux/un.h", "linux/net.h", "linux/sockios.h", "asm/ioctls.h"],
    expressions: single({
      UNIX_PATH_MAX: "UNIX_PATH_MAX",
      SIOCUNIXFILE: "SIOCUNIXFILE",
      SO_ACCEPTCON: "__SO_ACCEPTCON",
      SIOCGIFINDEX: "SIOCGIFINDEX",
      SIOCGIFNAME: "SIOCGIFNAME",
      SIOCINQ: "SIOCINQ",
      SIOCOUTQ: "SIOCOUTQ",
      SIOCOUTQNSD: "SIOCOUTQNSD",
    }),
  },
  {
    headers: ["linux/in.h", "linux/in6.h", "linux/icmp.h"],
    expressions: {
      ...prefixed("IPPROTO_", abi.IPPROTO),
      ...prefixed("IP_", abi.IP),
      ...prefixed("IPV6_", abi.IPV6),
      ...prefixed("MCAST_", abi.MCAST),
      ...layout("struct group_filter", abi.GROUP_FILTER),
      ...single({ ICMP_FILTER: "ICMP_FILTER", SOCKADDR_STORAGE_SIZE: "sizeof(struct __kernel_sockaddr_storage)" }),
    },
  },
  {
    headers: ["netinet/tcp.h"],
    expressions: {
      ...prefixed("TCP_", abi.TCP),
      ...prefixed("TCP_", abi.TCP_STATE),
      ...prefixed("TCP_", abi.TCP_QUEUE, {
        NONE: "TCP_NO_QUEUE",
        RECV: "TCP_RECV_QUEUE",
        SEND: "TCP_SEND_QUEUE",
      }),
      ...prefixed("TCP_REPAIR_", abi.TCP_REPAIR),
      ...prefixed("TH_", abi.TCP_FLAG),
      ...prefixed("TCPI_OPT_", abi.TCPI_OPT),
      ...prefixed("TCPOPT_", abi.TCPOPT, { SACK_PERM: "TCPOPT_SACK_PERMITTED" }),
      ...layout("struct tcp_info", abi.TCP_INFO, {
        size: "offsetof(struct tcp_info, tcpi_total_retrans) + sizeof(int)",
        wscale: "offsetof(struct tcp_info, tcpi_options) + 1",
      }),
    },
  },
  {
    headers: ["linux/netlink.h", "linux/sock_diag.h", "linux/unix_diag.h", "linux/inet_diag.h", "linux/netlink_diag.h"],
    expressions: {
      ...prefixed("NETLINK_", abi.NETLINK),
      ...prefixed("NETLINK_", abi.NETLINK_OPTION),
      ...prefixed("NLM_F_", abi.NLM_F),
      ...prefixed("NLMSG_", abi.NLMSG),
      ...prefixed("UDIAG_SHOW_", abi.UDIAG_SHOW),
      ...prefixed("UNIX_DIAG_", abi.UNIX_DIAG),
      ...layout("struct unix_diag_req", abi.UNIX_DIAG_REQ),
      ...layout("struct unix_diag_msg", abi.UNIX_DIAG_MSG),
      ...prefixed("INET_DIAG_", abi.INET_DIAG),
      ...layout("struct inet_diag_req_v2", abi.INET_DIAG_REQ_V2),
      ...layout("struct inet_diag_msg", abi.INET_DIAG_MSG),
      ...prefixed("", abi.INET_DIAG_SOCKID, {
        idiag_sport: "offsetof(struct inet_diag_msg, id.idiag_sport)",
        idiag_dport: "offsetof(struct inet_diag_msg, id.idiag_dport)",
        idiag_src: "offsetof(struct inet_diag_msg, id.idiag_src)",
        idiag_dst: "offsetof(struct inet_diag_msg, id.idiag_dst)",
      }),
      ...prefixed("NDIAG_SHOW_", abi.NDIAG_SHOW),
      ...prefixed("NETLINK_DIAG_", abi.NETLINK_DIAG),
      ...layout("struct netlink_diag_req", abi.NETLINK_DIAG_REQ),
      ...layout("struct netlink_diag_msg", abi.NETLINK_DIAG_MSG),
      ...single({
        NETLINK_CONNECTED: "NETLINK_CONNECTED",
        NLMSGHDR_SIZE: "sizeof(struct nlmsghdr)",
        NLA_F_NESTED: "NLA_F_NESTED",
        NLA_TYPE_MASK: "NLA_TYPE_MASK & 0xffff",
        SOCK_DIAG_BY_FAMILY: "SOCK_DIAG_BY_FAMILY",
        NDIAG_PROTO_ALL: "NDIAG_PROTO_ALL",
      }),
    },
  },
  {
    headers: ["sys/socket.h", "linux/if_packet.h"],
    expressions: {
      ...prefixed("PACKET_", abi.PACKET),
      ...prefixed("PACKET_FANOUT_", abi.PACKET_FANOUT_TYPE),
      ...layout("struct packet_mreq", abi.PACKET_MREQ),
      ...single({ SOCK_PACKET: "SOCK_PACKET" }),
    },
  },
  {
    headers: ["linux/packet_diag.h"],
    expressions: {
      ...prefixed("PACKET_SHOW_", abi.PACKET_SHOW),
      ...prefixed("PACKET_DIAG_", abi.PACKET_DIAG),
      ...prefixed("PDI_", abi.PDI),
      ...layout("struct packet_diag_req", abi.PACKET_DIAG_REQ),
      ...layout("struct packet_diag_msg", abi.PACKET_DIAG_MSG),
      ...layout("struct packet_diag_info", abi.PACKET_DIAG_INFO),
      ...layout("struct packet_diag_mclist", abi.PACKET_DIAG_MCLIST),
    },
  },
];
