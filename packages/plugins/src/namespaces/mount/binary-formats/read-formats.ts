import type { ImageSet } from "@restage/core";
import type { BinfmtMiscEntry, MntEntry } from "@restage/images";

/** The formats of a binfmt_misc of the checkpoint. Older images are named by its device. */
export function readFormats(images: ImageSet, { root_dev }: MntEntry): readonly BinfmtMiscEntry[] {
  const older = images.entries("binfmt_misc_old", root_dev).map(({ value }) => value);
  return [...images.values("binfmt_misc"), ...older];
}
