import { DIGESTS_FILE } from "@restage/images";

/** Whether a file of a checkpoint belongs into an archive: its images and their digests, but not logs and traces. */
export function isImageName(name: string): boolean {
  return name.endsWith(".img") || name === DIGESTS_FILE;
}
