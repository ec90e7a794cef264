import type { Host, HostCall } from "@restage/core";
import { RestoreError } from "@restage/core";
import { AT, AT_FDCWD, ERRNO } from "@restage/linux/abi";

const OWNER_ONLY = 0o700;

/** A name, and the call that made it. */
interface MadeName {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly call: HostCall;
}

/**
 * Names on the host's file systems that exist only while files are opened. They are removed by `removeAll`, when the restore fails, and when the
 * coordinator is killed.
 */
export class TemporaryNames {
  readonly #host: Host;
  readonly #made: MadeName[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Makes a name, with the missing directories that lead to it. If the name is taken, makes another one beside it.
   *
   * @param create creates the file under a name; fails with EEXIST if the name is taken.
   * @returns the name that was made.
   */
  make(path: string, create: (path: string) => HostCall, isDirectory = false): string {
    this.makeParents(path);
    if (this.#tryMake(path, create, isDirectory)) return path;
    const other = `${path}.restage-${this.#host.runId}-${this.#made.length}`;
    this.#add(other, create(other), isDirectory);
    return other;
  }

  /** Removes all names, newest first. */
  removeAll(): void {
    for (const { path, isDirectory, call } of this.#made.splice(0).reverse()) {
      this.#host.call.unlinkat(AT_FDCWD, path, isDirectory ? AT.REMOVEDIR : 0);
      call.undone();
    }
  }

  /** Makes the missing directories that lead to a path. */
  makeParents(path: string): void {
    const missing: string[] = [];
    for (let at = parentOf(path); at !== "/" && this.#host.stat(at) === "missing"; at = parentOf(at)) missing.push(at);
    for (const parent of missing.reverse()) {
      this.#tryMake(parent, (at) => this.#host.call.mkdirat(AT_FDCWD, at, OWNER_ONLY), true);
    }
  }

  #tryMake(path: string, create: (path: string) => HostCall, isDirectory: boolean): boolean {
    try {
      this.#add(path, create(path), isDirectory);
      return true;
    } catch (error) {
      if (error instanceof RestoreError && error.syscall?.errno === ERRNO.EEXIST) return false;
      throw error;
    }
  }

  #add(path: string, call: HostCall, isDirectory: boolean): void {
    // A name in the tree's mount namespace may have vanished with that namespace.
    call.undo((record) => record.unlinkat(AT_FDCWD, path, isDirectory ? AT.REMOVEDIR : 0).allow("ENOENT"));
    this.#made.push({ path, isDirectory, call });
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
