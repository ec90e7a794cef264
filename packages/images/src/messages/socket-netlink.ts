/**
 * Netlink sockets.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { embedded, repeated, required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import type { SkOptsEntry } from "./socket.ts";
import { skOptsEntry } from "./socket.ts";

/** A netlink socket. (CRIU: images/sk-netlink.proto) */
export interface NetlinkSkEntry extends Unknowns {
  readonly id: number;
  readonly ino: number;
  readonly protocol: number;
  readonly state: number;
  readonly flags: number;
  readonly portid: number;
  readonly groups: readonly number[];
  readonly dst_portid: number;
  readonly dst_group: number;
  readonly fown: FownEntry;
  readonly opts: SkOptsEntry;
  readonly ns_id?: number;
}

/** The message type of {@link NetlinkSkEntry}. */
export const netlinkSkEntry: Message<NetlinkSkEntry> = message("netlink_sk_entry", () => ({
  id: uint32(1, required),
  ino: uint32(2, required),
  protocol: uint32(3, required),
  state: uint32(4, required),
  flags: uint32(6, required),
  portid: uint32(7, required),
  groups: uint32(8, repeated),
  dst_portid: uint32(9, required),
  dst_group: uint32(10, required),
  fown: embedded(11, fownEntry, required),
  opts: embedded(12, skOptsEntry, required),
  ns_id: uint32(13),
}));

/** The file type of {@link NetlinkSkEntry}. */
export const netlinkSocket: FileType<NetlinkSkEntry, "NETLINKSK", "nlsk", "netlink_sk"> = new FileType({
  message: netlinkSkEntry,
  type: ["NETLINKSK", 13],
  member: ["nlsk", 7],
  image: ["netlink_sk", "netlinksk.img", 0x58005614],
});
