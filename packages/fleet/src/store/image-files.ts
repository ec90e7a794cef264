import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { RestoreError } from "@restage/core";
import { PARENT_LINK } from "@restage/images";
import { reason } from "../reason.ts";

/** A file of a checkpoint or of one of its parents. */
export interface LocalFile {
  /** Its path in the manifest. */
  readonly path: string;
  /** Its path here. */
  readonly file: string;
  readonly size: number;
}

/** A longer chain of parents must be a circle. */
const LONGEST_CHAIN = 1000;

/**
 * Lists the files of a checkpoint and, unless they are left out, of its parents.
 *
 * Throws ERR_IMAGE.
 */
export function imageFiles(directory: string, { parents = true } = {}): readonly LocalFile[] {
  const files: LocalFile[] = [];
  let prefix = "";
  let current: string | undefined = directory;
  for (let depth = 0; current !== undefined; depth += 1) {
    if (depth > LONGEST_CHAIN)
      throw cannotPush(directory, `its parents form a circle, or there are more than ${LONGEST_CHAIN}`);
    const place: string = resolve(current);
    for (const { name, file } of entriesOf(place)) {
      const status = statSync(file);
      if (!status.isFile()) throw cannotPush(file, "it is not a regular file", "move it out of the checkpoint");
      files.push({ path: `${prefix}${name}`, file, size: status.size });
    }
    const parent = join(place, PARENT_LINK);
    const hasParent = parents && lstatSync(parent, { throwIfNoEntry: false }) !== undefined;
    current = hasParent ? parent : undefined;
    prefix += `${PARENT_LINK}/`;
  }
  if (files.some(({ path }) => path === "inventory.img")) return files;
  throw cannotPush(directory, "it has no inventory.img, so it is not a checkpoint");
}

function resolve(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (cause) {
    throw cannotPush(directory, reason(cause));
  }
}

function entriesOf(directory: string): readonly { readonly name: string; readonly file: string }[] {
  const names = readdirSync(directory).filter((name) => name !== PARENT_LINK);
  return names.sort().map((name) => ({ name, file: join(directory, name) }));
}

function cannotPush(path: string, why: string, hint?: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot push ${path}: ${why}`, { hint });
}
