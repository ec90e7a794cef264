/**
 * Network namespaces: devices and settings.
 *
 * @module
 */
import { bool, bytes, embedded, enumeration, int32, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Values of `net_device_entry.type`. */
export const ndType = {
  LOOPBACK: 1,
  VETH: 2,
  TUN: 3,
  EXTLINK: 4,
  VENET: 5,
  BRIDGE: 6,
  MACVLAN: 7,
  SIT: 8,
} as const;

/** Values of `sysctl_entry.type`: which of `iarg` and `sarg` holds the value. */
export const sysctlType = {
  CTL_STR: 5,
  CTL_32: 6,
} as const;

/** Settings of a TUN device. (CRIU: images/tun.proto) */
export interface TunLinkEntry extends Unknowns {
  readonly flags: number;
  readonly owner: number;
  readonly group: number;
  readonly vnethdr: number;
  readonly sndbuf: number;
}

/** The message type of {@link TunLinkEntry}. */
export const tunLinkEntry: Message<TunLinkEntry> = message("tun_link_entry", () => ({
  flags: uint32(1, required),
  owner: int32(2, required),
  group: int32(3, required),
  vnethdr: uint32(4, required),
  sndbuf: uint32(5, required),
}));

/** A sysctl value. (CRIU: images/sysctl.proto) */
export interface SysctlEntry extends Unknowns {
  readonly type: number;
  readonly iarg?: number;
  readonly sarg?: string;
}

/** The message type of {@link SysctlEntry}. */
export const sysctlEntry: Message<SysctlEntry> = message("sysctl_entry", () => ({
  type: enumeration(1, required),
  iarg: int32(2),
  sarg: string(3),
}));

/** Settings of a macvlan device. (CRIU: images/macvlan.proto) */
export interface MacvlanLinkEntry extends Unknowns {
  readonly mode: number;
  readonly flags?: number;
}

/** The message type of {@link MacvlanLinkEntry}. */
export const macvlanLinkEntry: Message<MacvlanLinkEntry> = message("macvlan_link_entry", () => ({
  mode: uint32(1, required),
  flags: uint32(2),
}));

/** Settings of a SIT device. (CRIU: images/sit.proto) */
export interface SitEntry extends Unknowns {
  readonly link?: number;
  readonly local: readonly number[];
  readonly remote: readonly number[];
  readonly ttl?: number;
  readonly tos?: number;
  readonly pmtudisc?: boolean;
  readonly proto?: number;
  readonly flags?: number;
  readonly encap_type?: number;
  readonly encap_flags?: number;
  readonly encap_sport?: number;
  readonly encap_dport?: number;
  readonly rd_prefixlen?: number;
  readonly rd_prefix: readonly number[];
  readonly relay_prefixlen?: number;
  readonly relay_prefix: readonly number[];
}

/** The message type of {@link SitEntry}. */
export const sitEntry: Message<SitEntry> = message("sit_entry", () => ({
  link: uint32(1),
  local: uint32(2, repeated),
  remote: uint32(3, repeated),
  ttl: uint32(4),
  tos: uint32(5),
  pmtudisc: bool(6),
  proto: uint32(7),
  flags: uint32(8),
  encap_type: uint32(9),
  encap_flags: uint32(10),
  encap_sport: uint32(11),
  encap_dport: uint32(12),
  rd_prefixlen: uint32(13),
  rd_prefix: uint32(14, repeated),
  relay_prefixlen: uint32(15),
  relay_prefix: uint32(16, repeated),
}));

/** A network device. (CRIU: images/netdev.proto) */
export interface NetDeviceEntry extends Unknowns {
  readonly type: number;
  readonly ifindex: number;
  readonly mtu: number;
  readonly flags: number;
  readonly name: string;
  readonly tun?: TunLinkEntry;
  readonly address?: Uint8Array;
  readonly conf: readonly number[];
  readonly conf4: readonly SysctlEntry[];
  readonly conf6: readonly SysctlEntry[];
  readonly macvlan?: MacvlanLinkEntry;
  readonly peer_ifindex?: number;
  readonly peer_nsid?: number;
  readonly master?: number;
  readonly sit?: SitEntry;
}

/** The message type of {@link NetDeviceEntry}. */
export const netDeviceEntry: Message<NetDeviceEntry> = message("net_device_entry", () => ({
  type: enumeration(1, required),
  ifindex: uint32(2, required),
  mtu: uint32(3, required),
  flags: uint32(4, required),
  name: string(5, required),
  tun: embedded(6, tunLinkEntry),
  address: bytes(7),
  conf: int32(8, repeated),
  conf4: embedded(9, sysctlEntry, repeated),
  conf6: embedded(10, sysctlEntry, repeated),
  macvlan: embedded(11, macvlanLinkEntry),
  peer_ifindex: uint32(12),
  peer_nsid: uint32(13),
  master: uint32(14),
  sit: embedded(15, sitEntry),
}));

/** The id of a network namespace inside another. (CRIU: images/netdev.proto) */
export interface NetnsId extends Unknowns {
  readonly target_ns_id: number;
  readonly netnsid_value: number;
}

/** The message type of {@link NetnsId}. */
export const netnsId: Message<NetnsId> = message("netns_id", () => ({
  target_ns_id: uint32(1, required),
  netnsid_value: int32(2, required),
}));

/** Settings of a network namespace. (CRIU: images/netdev.proto) */
export interface NetnsEntry extends Unknowns {
  readonly def_conf: readonly number[];
  readonly all_conf: readonly number[];
  readonly def_conf4: readonly SysctlEntry[];
  readonly all_conf4: readonly SysctlEntry[];
  readonly def_conf6: readonly SysctlEntry[];
  readonly all_conf6: readonly SysctlEntry[];
  readonly nsids: readonly NetnsId[];
  readonly ext_key?: string;
  readonly unix_conf: readonly SysctlEntry[];
  readonly ipv4_sysctl: readonly SysctlEntry[];
}

/** The message type of {@link NetnsEntry}. */
export const netnsEntry: Message<NetnsEntry> = message("netns_entry", () => ({
  def_conf: int32(1, repeated),
  all_conf: int32(2, repeated),
  def_conf4: embedded(3, sysctlEntry, repeated),
  all_conf4: embedded(4, sysctlEntry, repeated),
  def_conf6: embedded(5, sysctlEntry, repeated),
  all_conf6: embedded(6, sysctlEntry, repeated),
  nsids: embedded(7, netnsId, repeated),
  ext_key: string(8),
  unix_conf: embedded(9, sysctlEntry, repeated),
  ipv4_sysctl: embedded(10, sysctlEntry, repeated),
}));
