import type { Draft, FileEntry, InputOf } from "@restage/images";

export type { Draft };

/** The entry of an open file in files.img, without its id. */
export type FileDescription = Omit<InputOf<FileEntry>, "id">;
