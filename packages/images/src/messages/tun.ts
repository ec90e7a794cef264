/**
 * Open TUN devices.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** An open file description of a TUN device. (CRIU: images/tun.proto) */
export interface TunfileEntry extends Unknowns {
  readonly id: number;
  readonly netdev?: string;
  readonly detached?: boolean;
  readonly ns_id?: number;
}

/** The message type of {@link TunfileEntry}. */
export const tunfileEntry: Message<TunfileEntry> = message("tunfile_entry", () => ({
  id: uint32(1, required),
  netdev: string(2),
  detached: bool(3),
  ns_id: uint32(4),
}));

/** The file type of {@link TunfileEntry}. */
export const tunFile: FileType<TunfileEntry, "TUNF", "tunf", "tunfile"> = new FileType({
  message: tunfileEntry,
  type: ["TUNF", 15],
  member: ["tunf", 11],
  image: ["tunfile", "tunfile.img", 0x57143751],
});
