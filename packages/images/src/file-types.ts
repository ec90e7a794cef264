/**
 * What follows from the list of file types: the members of `file_entry`, the numbers of the types, and their image kinds.
 *
 * @module
 */
import { FileType } from "./file-type.ts";
import type { ImageKind } from "./image-kind.ts";
import { image } from "./image-kind.ts";
import * as declarations from "./messages/file-type-list.ts";
import { embedded } from "./schema/field.ts";
import type { FieldsOf, MessageType } from "./schema/message.ts";

type Declarations = typeof declarations;
/** The union of all declared file types. */
type AnyFileType = Extract<Declarations[keyof Declarations], FileType<unknown, string, string, string>>;
type ImageOf<T extends AnyFileType> = NonNullable<T["image"]>;

/** The member of `file_entry` for each type: an entry has the one that its `type` names. */
export type FileMembers = { readonly [T in AnyFileType as T["member"][0]]?: MessageType<T["message"]> };
/** The number of each type in `file_entry.type`. */
export type FileTypeNumbers = { readonly [T in AnyFileType as T["type"][0]]: number };
/** The kind of each type's own image. */
export type FileImageKinds = { readonly [T in AnyFileType as ImageOf<T>[0]]: ImageKind<MessageType<T["message"]>> };
/** The image kind that holds the same message as each member of `file_entry`. */
export type FileMemberKinds = {
  readonly [T in AnyFileType as [ImageOf<T>[0]] extends [never] ? never : T["member"][0]]: ImageOf<T>[0];
};

const fileTypes: readonly FileType<unknown, string, string, string>[] = Object.values(declarations).filter(
  (value) => value instanceof FileType,
);

// The casts below say what the mapped types above say of the same list; the compiler cannot follow a list into an object.

/** Makes the fields of `file_entry` that hold the messages of the types. */
export function fileMemberFields(): FieldsOf<FileMembers> {
  return Object.fromEntries(
    fileTypes.map(({ member: [name, number], message }) => [name, embedded(number, message)]),
  ) as FieldsOf<FileMembers>;
}

/** The numbers of the types by name. */
export const fileTypeNumbers: FileTypeNumbers = Object.fromEntries(
  fileTypes.map(({ type }) => type),
) as FileTypeNumbers;

const withImage = fileTypes.flatMap(({ message, member: [member], image }) =>
  image === undefined ? [] : [{ message, member, image }],
);

/** The images of single types. CRIU reads them only when `files.img` is absent. */
export const fileImageKinds: FileImageKinds = Object.fromEntries(
  withImage.map(({ message, image: [kind, fileName, magic] }) => [kind, image(fileName, magic, message)]),
) as unknown as FileImageKinds;

/** The image kind of each member of `file_entry`, for code that treats a member like an entry of that kind. */
export const fileMemberKinds: FileMemberKinds = Object.fromEntries(
  withImage.map(({ member, image: [kind] }) => [member, kind]),
) as FileMemberKinds;
