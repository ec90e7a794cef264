import {
  type EntryKindName,
  type EntryValue,
  type FileMemberKinds,
  fileMemberKinds,
  type ImageSource,
} from "@restage/images";

/** The entry of each kind of image, by CRIU's name of the kind. */
export type EntryKinds = { readonly [K in EntryKindName]: EntryValue<K> };

/** Where an entry was read. */
export interface EntryPlace {
  readonly file: string;
  /** Its number in the file, from 0. */
  readonly index: number;
  /** All images, as they are before any tap changes an entry. */
  readonly source: ImageSource;
}

/** The kind whose hook sees a member of file_entry, by the member's name: `files.img` holds what older images have one file each for. */
export const FILE_MEMBERS: FileMemberKinds = fileMemberKinds;
