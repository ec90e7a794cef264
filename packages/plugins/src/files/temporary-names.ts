import type { Host, HostCall, HostCalls } from "@restage/core";
import { RestoreError } from "@restage/core";
import { AT, AT_FDCWD, ERRNO } from "@restage/linux/abi";

const OWNER_ONLY = 0o700;

type Create = (calls: HostCalls, path: string) => HostCall;

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
   * @param create creates the file under a name, by one of the calls that it is given; fails with EEXIST if the name is taken.
   * @returns the name that was made.
   */
  make(path: string, create: Create, isDirectory = false): string {
    this.makeParents(path);
    if (this.#tryMake(path, create, isDirectory)) return path;
    const other = `${path}.restage-${this.#host.runId}-${this.#made.length}`;
    this.#make(other, create, isDirectory);
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
      this.#tryMake(parent, (calls, at) => calls.mkdirat(AT_FDCWD, at, OWNER_ONLY), true);
    }
  }

  #tryMake(path: string, create: Create, isDirectory: boolean): boolean {
    // The undo is registered first: it must never be that of a name which somebody else has made.
    if (typeof this.#host.stat(path) === "object") return false;
    try {
      this.#make(path, create, isDirectory);
      return true;
    } catch (error) {
      if (error instanceof RestoreError && error.syscall?.errno === ERRNO.EEXIST) return false;
      throw error;
    }
  }

  #make(path: string, create: Create, isDirectory: boolean): void {
    // A name in the tree's mount namespace may have vanished with that namespace.
    const calls = this.#host.undoneBy((undo) =>
      undo.unlinkat(AT_FDCWD, path, isDirectory ? AT.REMOVEDIR : 0).allow("ENOENT"),
    );
    this.#made.push({ path, isDirectory, call: create(calls, path) });
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
