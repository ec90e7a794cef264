import type { ImageSet } from "@restage/core";
import { remapType } from "@restage/images";

/** How a file comes back whose name was gone at the checkpoint. */
export interface Remap {
  /** The file, by its id in files.img. */
  readonly id: number;
  readonly kind: "ghost" | "link" | "dead-process" | "unknown";
  /** Of a ghost: the number of its image. Of a link: the file that the dump made, by its id. Of a file below /proc/PID: the pid. */
  readonly source: number;
}

/** Set in `remap_id` of ghosts by a CRIU that wrote no type. Source: CRIU criu/include/files-reg.h. */
const GHOST_BIT = 0x8000_0000;

const KINDS = new Map<number, Remap["kind"]>([
  [remapType.LINKED, "link"],
  [remapType.GHOST, "ghost"],
  [remapType.PROCFS, "dead-process"],
]);

/** What remap-fpath.img says. */
export function readRemaps(images: ImageSet): readonly Remap[] {
  return images.values("remap_fpath").map(({ orig_id: id, remap_id: source, remap_type: type }): Remap => {
    if (type !== undefined) return { id, source, kind: KINDS.get(type) ?? "unknown" };
    if (source < GHOST_BIT) return { id, source, kind: "link" };
    return { id, source: source - GHOST_BIT, kind: "ghost" };
  });
}
