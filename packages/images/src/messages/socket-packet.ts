/**
 * Packet sockets.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, bytes, embedded, repeated, required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import type { SkOptsEntry } from "./socket.ts";
import { skOptsEntry } from "./socket.ts";

/** A multicast membership of a packet socket. (CRIU: images/packet-sock.proto) */
export interface PacketMclist extends Unknowns {
  readonly index: number;
  readonly type: number;
  readonly addr: Uint8Array;
}

/** The message type of {@link PacketMclist}. */
export const packetMclist: Message<PacketMclist> = message("packet_mclist", () => ({
  index: uint32(1, required),
  type: uint32(2, required),
  addr: bytes(3, required),
}));

/** A packet ring. (CRIU: images/packet-sock.proto) */
export interface PacketRing extends Unknowns {
  readonly block_size: number;
  readonly block_nr: number;
  readonly frame_size: number;
  readonly frame_nr: number;
  readonly retire_tmo: number;
  readonly sizeof_priv: number;
  readonly features: number;
}

/** The message type of {@link PacketRing}. */
export const packetRing: Message<PacketRing> = message("packet_ring", () => ({
  block_size: uint32(1, required),
  block_nr: uint32(2, required),
  frame_size: uint32(3, required),
  frame_nr: uint32(4, required),
  retire_tmo: uint32(5, required),
  sizeof_priv: uint32(6, required),
  features: uint32(7, required),
}));

/** A packet socket. (CRIU: images/packet-sock.proto) */
export interface PacketSockEntry extends Unknowns {
  readonly id: number;
  readonly type: number;
  readonly protocol: number;
  readonly flags: number;
  readonly ifindex: number;
  readonly fown: FownEntry;
  readonly opts: SkOptsEntry;
  readonly version: number;
  readonly reserve: number;
  readonly aux_data: boolean;
  readonly orig_dev: boolean;
  readonly vnet_hdr: boolean;
  readonly loss: boolean;
  readonly timestamp: number;
  readonly copy_thresh: number;
  readonly mclist: readonly PacketMclist[];
  /** `0xffffffff` when absent. */
  readonly fanout?: number;
  readonly rx_ring?: PacketRing;
  readonly tx_ring?: PacketRing;
  readonly ns_id?: number;
}

/** The message type of {@link PacketSockEntry}. */
export const packetSockEntry: Message<PacketSockEntry> = message("packet_sock_entry", () => ({
  id: uint32(1, required),
  type: uint32(2, required),
  protocol: uint32(3, required),
  flags: uint32(4, required),
  ifindex: uint32(5, required),
  fown: embedded(6, fownEntry, required),
  opts: embedded(7, skOptsEntry, required),
  version: uint32(8, required),
  reserve: uint32(9, required),
  aux_data: bool(10, required),
  orig_dev: bool(11, required),
  vnet_hdr: bool(12, required),
  loss: bool(13, required),
  timestamp: uint32(14, required),
  copy_thresh: uint32(15, required),
  mclist: embedded(16, packetMclist, repeated),
  fanout: uint32(17),
  rx_ring: embedded(18, packetRing),
  tx_ring: embedded(19, packetRing),
  ns_id: uint32(20),
}));

/** The file type of {@link PacketSockEntry}. */
export const packetSocket: FileType<PacketSockEntry, "PACKETSK", "psk", "packetsk"> = new FileType({
  message: packetSockEntry,
  type: ["PACKETSK", 10],
  member: ["psk", 6],
  image: ["packetsk", "packetsk.img", 0x60454618],
});
