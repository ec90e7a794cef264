import type { DumpContext, ImageSet } from "@restage/core";
import { type EntryValue, remapType } from "@restage/images";

/** How a file is restored whose name was gone at the checkpoint. */
export interface Remap {
  /** The number of the file in files.img. */
  readonly id: number;
  readonly kind: "ghost" | "link" | "dead-process" | "unknown";
  /** A ghost: the number of its image. A link: the number, in files.img, of the link that the checkpoint made. A file in /proc/PID: the pid. */
  readonly source: number;
}

type RemapEntry = EntryValue<"remap_fpath">;

/** Set in `remap_id` of ghosts by versions of CRIU that wrote no type. Source: CRIU criu/include/files-reg.h. */
const GHOST_BIT = 0x8000_0000;

const TYPES = { link: remapType.LINKED, ghost: remapType.GHOST, "dead-process": remapType.PROCFS } as const;
const KINDS = new Map(Object.entries(TYPES).map(([kind, type]) => [type as number, kind as keyof typeof TYPES]));

export function remapToImage({ id, kind, source }: Remap & { readonly kind: keyof typeof TYPES }): RemapEntry {
  return { orig_id: id, remap_id: source, remap_type: TYPES[kind] };
}

export function remapFromImage({ orig_id: id, remap_id: source, remap_type: type }: RemapEntry): Remap {
  if (type !== undefined) return { id, source, kind: KINDS.get(type) ?? "unknown" };
  if (source < GHOST_BIT) return { id, source, kind: "link" };
  return { id, source: source - GHOST_BIT, kind: "ghost" };
}

/** Adds an entry to remap-fpath.img. */
export function addRemap(images: DumpContext["images"], remap: Parameters<typeof remapToImage>[0]): void {
  images.add("remap_fpath", undefined, { value: remapToImage(remap) });
}

/** The entries of remap-fpath.img. */
export function readRemaps(images: ImageSet): readonly Remap[] {
  return images.values("remap_fpath").map(remapFromImage);
}
