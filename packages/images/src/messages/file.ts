/**
 * Descriptor tables, and the table of open file descriptions.
 *
 * @module
 */
import type { FileMembers, FileTypeNumbers } from "../file-types.ts";
import { fileMemberFields, fileTypeNumbers } from "../file-types.ts";
import { enumeration, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Types of open files: `file_entry.type`, `fdinfo_entry.type`. */
export const fdTypes: FdTypes = { UND: 0, CTL_TTY: 65534, AUTOFS_PIPE: 65535, ...fileTypeNumbers };

/** The type of {@link fdTypes}. The three names here are types without a message. */
export interface FdTypes extends FileTypeNumbers {
  readonly UND: number;
  readonly CTL_TTY: number;
  readonly AUTOFS_PIPE: number;
}

/** A descriptor of a descriptor table. (CRIU: images/fdinfo.proto) */
export interface FdinfoEntry extends Unknowns {
  /** `file_entry.id`. */
  readonly id: number;
  /** Descriptor flags: 1 is close-on-exec. */
  readonly flags: number;
  readonly type: number;
  /** The descriptor's number. */
  readonly fd: number;
  readonly xattr_security_selinux?: string;
}

/** The message type of {@link FdinfoEntry}. */
export const fdinfoEntry: Message<FdinfoEntry> = message("fdinfo_entry", () => ({
  id: uint32(1, required),
  flags: uint32(2, required),
  type: enumeration(3, required),
  fd: uint32(4, required),
  xattr_security_selinux: string(5),
}));

/** An open file description. `type` determines which of the members is present. (CRIU: images/fdinfo.proto) */
export interface FileEntry extends Unknowns, FileMembers {
  /** One of {@link fdTypes}. */
  readonly type: number;
  readonly id: number;
}

/** The message type of {@link FileEntry}. */
export const fileEntry: Message<FileEntry> = message("file_entry", () => ({
  type: enumeration(1, required),
  id: uint32(2, required),
  ...fileMemberFields(),
}));
