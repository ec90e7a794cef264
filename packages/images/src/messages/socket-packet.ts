/**
 * Packet sockets.
 *
 * @module
 */
import { bool, bytes, embedded, repeated, required, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";
import { skOptsEntry } from "./socket.ts";

function packetMclistFields() {
  return {
    index: uint32(1, required),
    type: uint32(2, required),
    addr: bytes(3, required),
  };
}
/** A multicast membership of a packet socket. (CRIU: images/packet-sock.proto) */
export interface PacketMclist extends ValueOfFields<ReturnType<typeof packetMclistFields>> {}
/** Type of {@link PacketMclist}. */
export const packetMclist: Message<PacketMclist> = message("packet_mclist", packetMclistFields);

function packetRingFields() {
  return {
    block_size: uint32(1, required),
    block_nr: uint32(2, required),
    frame_size: uint32(3, required),
    frame_nr: uint32(4, required),
    retire_tmo: uint32(5, required),
    sizeof_priv: uint32(6, required),
    features: uint32(7, required),
  };
}
/** A packet ring. (CRIU: images/packet-sock.proto) */
export interface PacketRing extends ValueOfFields<ReturnType<typeof packetRingFields>> {}
/** Type of {@link PacketRing}. */
export const packetRing: Message<PacketRing> = message("packet_ring", packetRingFields);

function packetSockEntryFields() {
  return {
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
    /** `0xffffffff` when absent. */
    fanout: uint32(17),
    rx_ring: embedded(18, packetRing),
    tx_ring: embedded(19, packetRing),
    ns_id: uint32(20),
  };
}
/** A packet socket. (CRIU: images/packet-sock.proto) */
export interface PacketSockEntry extends ValueOfFields<ReturnType<typeof packetSockEntryFields>> {}
/** Type of {@link PacketSockEntry}. */
export const packetSockEntry: Message<PacketSockEntry> = message("packet_sock_entry", packetSockEntryFields);
