import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The size of the files of a checkpoint: not of those that an incremental one refers to by its link. */
export function checkpointSize(images: string): number {
  const files = readdirSync(images).map((name) => lstatSync(join(images, name)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
