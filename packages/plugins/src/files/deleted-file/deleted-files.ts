import { defineService, type OpenFile } from "@restage/core";

/** Open files of a seized tree whose name is gone, or leads to another file. */
export interface FilesWithoutNames {
  /** Files without any name, by device and inode, with the numbers of their entries in files.img. */
  readonly ghosts: Map<string, { readonly file: OpenFile; readonly ids: number[] }>;
  /** Files with another name somewhere, and the link that is made beside their old name, by a path of this process. */
  readonly links: { readonly file: OpenFile; readonly id: number; readonly linkId: number; readonly path: string }[];
}

/** Provided by the duty `deleted-files`. */
export const DeletedFiles = defineService<FilesWithoutNames>("deleted-files");
