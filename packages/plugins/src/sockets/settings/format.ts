import {
  AF,
  IP,
  IPPROTO,
  IPV6,
  NETLINK_OPTION,
  PACKET,
  SO,
  SOCK,
  SOCK_PACKET,
  SOL,
  TCP,
  UDP,
} from "@restage/linux/abi";

/** An option that images of CRIU have no field for. */
export interface Setting {
  readonly level: number;
  readonly option: number;
  /** The most bytes that its value can have. */
  readonly size: number;
}

/** What tells which options a socket has. */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Whether it is a TCP connection. */
  readonly isConnection: boolean;
}

const NUMBER = 4;
/** Options that are no numbers: structures, names, and lists of IPv6 extension headers. */
const SIZES: Readonly<Record<string, number>> = {
  [`${SOL.SOCKET} ${SO.MAX_PACING_RATE}`]: 8,
  [`${SOL.SOCKET} ${SO.TXTIME}`]: 8,
  [`${SOL.SOCKET} ${SO.TIMESTAMPING}`]: 8,
  [`${SOL.SOCKET} ${SO.TIMESTAMPING_NEW}`]: 8,
  [`${SOL.TCP} ${TCP.CONGESTION}`]: 16,
  [`${SOL.TCP} ${TCP.FASTOPEN_KEY}`]: 32,
  [`${SOL.IP} ${IP.OPTIONS}`]: 40,
  [`${SOL.IPV6} ${IPV6.HOPOPTS}`]: 2048,
  [`${SOL.IPV6} ${IPV6.RTHDRDSTOPTS}`]: 2048,
  [`${SOL.IPV6} ${IPV6.RTHDR}`]: 2048,
  [`${SOL.IPV6} ${IPV6.DSTOPTS}`]: 2048,
};

/** Time stamps: where both are on, the later one tells more. */
const OF_SOCKETS = [
  SO.DEBUG,
  SO.TIMESTAMP,
  SO.TIMESTAMP_NEW,
  SO.TIMESTAMPNS,
  SO.TIMESTAMPNS_NEW,
  SO.TIMESTAMPING,
  SO.TIMESTAMPING_NEW,
  SO.RXQ_OVFL,
  SO.WIFI_STATUS,
  SO.PEEK_OFF,
  SO.NOFCS,
  SO.SELECT_ERR_QUEUE,
  SO.BUSY_POLL,
  SO.PREFER_BUSY_POLL,
  SO.BUSY_POLL_BUDGET,
  SO.MAX_PACING_RATE,
  SO.ZEROCOPY,
  SO.TXTIME,
  SO.RESERVE_MEM,
  SO.TXREHASH,
  SO.RCVMARK,
  SO.PASSPIDFD,
  SO.RCVPRIORITY,
  SO.PASSRIGHTS,
  SO.INQ,
  SO.LOCK_FILTER,
];

const OF_IP = [
  IP.OPTIONS,
  IP.RECVOPTS,
  IP.RETOPTS,
  IP.MTU_DISCOVER,
  IP.RECVERR,
  IP.RECVERR_RFC4884,
  IP.RECVTTL,
  IP.RECVTOS,
  IP.PASSSEC,
  IP.TRANSPARENT,
  IP.RECVORIGDSTADDR,
  IP.MINTTL,
  IP.CHECKSUM,
  IP.BIND_ADDRESS_NO_PORT,
  IP.RECVFRAGSIZE,
  IP.MULTICAST_LOOP,
  IP.MULTICAST_ALL,
  IP.UNICAST_IF,
  IP.LOCAL_PORT_RANGE,
];

/** In IPv4 fields of images. */
const OF_IP_IN_IPV6 = [...OF_IP, IP.TOS, IP.TTL, IP.PKTINFO];

/** Stream sockets show them, and refuse to set them. */
const OF_IP_DATAGRAMS = [IP.MULTICAST_IF, IP.MULTICAST_TTL];

const OF_IPV6 = [
  IPV6["2292PKTINFO"],
  IPV6["2292HOPOPTS"],
  IPV6["2292DSTOPTS"],
  IPV6["2292RTHDR"],
  IPV6["2292HOPLIMIT"],
  IPV6.FLOWINFO,
  IPV6.UNICAST_HOPS,
  IPV6.MULTICAST_LOOP,
  IPV6.MULTICAST_ALL,
  IPV6.MTU_DISCOVER,
  IPV6.RECVERR,
  IPV6.RECVERR_RFC4884,
  IPV6.FLOWINFO_SEND,
  IPV6.RECVHOPLIMIT,
  IPV6.RECVHOPOPTS,
  IPV6.RECVRTHDR,
  IPV6.RECVDSTOPTS,
  IPV6.HOPOPTS,
  IPV6.RTHDRDSTOPTS,
  IPV6.RTHDR,
  IPV6.DSTOPTS,
  IPV6.RECVPATHMTU,
  IPV6.DONTFRAG,
  IPV6.RECVTCLASS,
  IPV6.TCLASS,
  IPV6.AUTOFLOWLABEL,
  IPV6.ADDR_PREFERENCES,
  IPV6.MINHOPCOUNT,
  IPV6.RECVORIGDSTADDR,
  IPV6.TRANSPARENT,
  IPV6.UNICAST_IF,
  IPV6.RECVFRAGSIZE,
];

const OF_IPV6_DATAGRAMS = [IPV6.MULTICAST_IF, IPV6.MULTICAST_HOPS];

const OF_RAW_IPV6 = [IPV6.CHECKSUM, IPV6.ROUTER_ALERT_ISOLATE];

const OF_TCP = [
  TCP.SYNCNT,
  TCP.LINGER2,
  TCP.DEFER_ACCEPT,
  TCP.WINDOW_CLAMP,
  TCP.CONGESTION,
  TCP.THIN_LINEAR_TIMEOUTS,
  TCP.USER_TIMEOUT,
  TCP.NOTSENT_LOWAT,
  TCP.SAVE_SYN,
  TCP.INQ,
  TCP.TX_DELAY,
  TCP.RTO_MAX_MS,
  TCP.RTO_MIN_US,
  TCP.DELACK_MAX_US,
  TCP.QUICKACK,
];

/** A connection tells its current segment size, and its setup is over. */
const OF_TCP_BEFORE_CONNECTING = [
  TCP.MAXSEG,
  TCP.FASTOPEN,
  TCP.FASTOPEN_CONNECT,
  TCP.FASTOPEN_KEY,
  TCP.FASTOPEN_NO_COOKIE,
];

const OF_PACKET = [PACKET.VNET_HDR_SZ, PACKET.QDISC_BYPASS, PACKET.IGNORE_OUTGOING];

const OF_UDP = Object.values(UDP);

const KNOWN = new Map<string, readonly Setting[]>();

/** The options of a socket that images of CRIU have no field for, in the order in which to set them. */
export function settingsOf(kind: SocketKind): readonly Setting[] {
  const key = `${kind.family} ${kind.type} ${kind.protocol} ${kind.isConnection}`;
  const settings = KNOWN.get(key) ?? listSettings(kind);
  KNOWN.set(key, settings);
  return settings;
}

function listSettings({ family, type, protocol, isConnection }: SocketKind): readonly Setting[] {
  const isInternet = family === AF.INET || family === AF.INET6;
  const isIpv6 = family === AF.INET6;
  const isStream = type === SOCK.STREAM;
  const isRaw = type === SOCK.RAW;
  const isUdp = type === SOCK.DGRAM && (protocol === IPPROTO.UDP || protocol === IPPROTO.UDPLITE);
  const isTcp = isStream && (protocol === IPPROTO.TCP || protocol === IPPROTO.MPTCP);
  const lists: readonly (readonly [applies: boolean, level: number, options: readonly number[]])[] = [
    [isInternet, SOL.IP, isIpv6 ? OF_IP_IN_IPV6 : OF_IP],
    [isInternet && !isStream, SOL.IP, OF_IP_DATAGRAMS],
    [isIpv6, SOL.IPV6, OF_IPV6],
    [isIpv6 && !isStream, SOL.IPV6, OF_IPV6_DATAGRAMS],
    [isIpv6 && isRaw, SOL.IPV6, OF_RAW_IPV6],
    [isInternet && isTcp, SOL.TCP, OF_TCP],
    [isInternet && isTcp && !isConnection, SOL.TCP, OF_TCP_BEFORE_CONNECTING],
    [isInternet && isUdp, SOL.UDP, OF_UDP],
    [family === AF.NETLINK, SOL.NETLINK, Object.values(NETLINK_OPTION)],
    [family === AF.PACKET && type !== SOCK_PACKET, SOL.PACKET, OF_PACKET],
    [true, SOL.SOCKET, OF_SOCKETS],
  ];
  return lists.flatMap(([applies, level, options]) =>
    applies ? options.map((option) => ({ level, option, size: SIZES[`${level} ${option}`] ?? NUMBER })) : [],
  );
}

/** Whether an option must be set before the socket is bound: it lets it have an address of another machine, or says which packets it gets. */
export function isForBinding({ level, option }: Pick<Setting, "level" | "option">): boolean {
  if (level === SOL.PACKET) return true;
  return (level === SOL.IP && option === IP.TRANSPARENT) || (level === SOL.IPV6 && option === IPV6.TRANSPARENT);
}
