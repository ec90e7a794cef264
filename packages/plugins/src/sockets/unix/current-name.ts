import { posix } from "node:path";
import { encodeText } from "@restage/images";
import { UNIX_PATH_MAX } from "@restage/linux/abi";

/** The fields of an image entry that say where a socket's file is. */
export interface CurrentName {
  /** The directory to which a relative name refers. */
  readonly name_dir?: string;
  /** The name to bind the socket to, where its own no longer leads to its file. */
  readonly name?: Uint8Array;
}

/**
 * Tells how a socket's file can be found again. A relative name refers to the working directory that a task had when it bound the socket, and a file
 * can have been renamed since.
 *
 * @param name given to bind(2).
 * @param path the file's now.
 * @param cwd of the task.
 * @param isThere whether a path leads to the file; it can be wrong about links in a root directory of the task's own.
 */
export function currentName(name: string, path: string, cwd: string, isThere: (path: string) => boolean): CurrentName {
  const normal = posix.normalize(name);
  if (name.startsWith("/")) {
    if (isThere(name) || posix.basename(name) === posix.basename(path)) return {};
    const bytes = nameBytes(path);
    if (bytes.length <= UNIX_PATH_MAX) return { name: bytes };
  } else if (path.endsWith(`/${normal}`)) {
    return { name_dir: path.slice(0, -normal.length - 1) || "/" };
  } else if (isThere(posix.join(cwd, name))) {
    return { name_dir: cwd };
  }
  return { name: nameBytes(posix.basename(path)), name_dir: posix.dirname(path) };
}

function nameBytes(path: string): Uint8Array {
  return encodeText(`${path}\0`);
}
