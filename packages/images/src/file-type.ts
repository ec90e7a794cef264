/**
 * How one type of open file appears in images.
 *
 * @module
 */
import type { Message } from "./schema/message.ts";

/** What {@link FileType} is made of. */
export interface FileTypeFacts<Value, Type extends string, Member extends string, Kind extends string> {
  readonly message: Message<Value>;
  /** Its name and number in {@link fdTypes}. */
  readonly type: readonly [name: Type, number: number];
  /** The field of `file_entry` that holds the message: name and number. */
  readonly member: readonly [name: Member, number: number];
  /** The image of this type alone, which CRIU wrote before it had `files.img`: kind, file name and magic word. */
  readonly image?: readonly [kind: Kind, fileName: string, magic: number];
}

/**
 * A type of open file: its message and every name and number that images use for it. A module that `messages/file-type-list.ts` lists
 * exports one beside its message. The rest of the package derives the `file_entry` member, the image kind and the `fdTypes` entry.
 *
 * @typeParam Value The decoded message.
 * @typeParam Type The name in `fdTypes`.
 * @typeParam Member The field of `file_entry`.
 * @typeParam Kind The image kind; `never` for a type that has no image of its own.
 */
export class FileType<Value, Type extends string, Member extends string, Kind extends string = never>
  implements FileTypeFacts<Value, Type, Member, Kind>
{
  readonly message: Message<Value>;
  readonly type: readonly [name: Type, number: number];
  readonly member: readonly [name: Member, number: number];
  readonly image?: readonly [kind: Kind, fileName: string, magic: number];

  constructor({ message, type, member, image }: FileTypeFacts<Value, Type, Member, Kind>) {
    this.message = message;
    this.type = type;
    this.member = member;
    if (image !== undefined) this.image = image;
  }
}
