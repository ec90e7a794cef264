import { defineService, type OpenFile } from "@restage/core";

/** Open files of a seized tree that have no name any more, or not the one under which they were opened. */
export interface FilesWithoutNames {
  /** By device and inode: the file, and the entries of files.img that are about it. */
  readonly ghosts: Map<string, { readonly file: OpenFile; readonly ids: number[] }>;
  /** Files for which a link is made beside their old name. */
  readonly links: { readonly file: OpenFile; readonly id: number; readonly linkId: number; readonly path: string }[];
  /** Entries of files.img by the dead process whose directory in /proc they are in. */
  readonly deadProcesses: Map<number, number>;
}

/** Provided by the duty `deleted-files`. */
export const DeletedFiles = defineService<FilesWithoutNames>("deleted-files");
