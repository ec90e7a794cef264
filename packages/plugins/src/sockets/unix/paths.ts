import type { Host } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AT_FDCWD, S_IF } from "@restage/linux/abi";
import { TemporaryNames } from "../../files/temporary-names.ts";
import { asRootOf } from "../../namespaces/user/as-root.ts";
import type { IdsOutside } from "../../namespaces/user/ids-outside.ts";
import { isBound, pathOf } from "./graph.ts";
import { asideOf } from "./names.ts";

/**
 * The paths to which sockets are bound. Old sockets with these paths are renamed first, and sockets whose files were deleted get directories of their
 * own. If the restore fails, or the coordinator is killed, everything that was made there is removed, and what was renamed gets its name back.
 */
export class UnixPaths {
  readonly #host: Host;
  /** Translates a path on the mount of a socket to one of this process. */
  readonly #find: (entry: UnixSkEntry, path: string) => string;
  readonly #directories: TemporaryNames;
  /** Old sockets that restored ones replace. */
  readonly #replaced: string[] = [];
  /** Cancel the undos of files that exist only until all sockets are bound and connected. */
  readonly #forget: (() => void)[] = [];
  readonly #root: IdsOutside["root"];

  constructor(host: Host, root: IdsOutside["root"], find: (entry: UnixSkEntry, path: string) => string) {
    this.#host = host;
    this.#root = root;
    this.#find = find;
    this.#directories = new TemporaryNames(host);
  }

  /** Renames old sockets that are in the way, before any socket is bound. */
  makeRoom(sockets: readonly UnixSkEntry[]): void {
    asRootOf(this.#host, this.#root, () => this.#makeRoom(sockets.filter(isBound)));
  }

  #makeRoom(sockets: readonly UnixSkEntry[]): void {
    for (const entry of sockets) {
      const aside = asideOf(entry);
      if (aside !== undefined) {
        this.#makeDirectoriesFor(this.#find(entry, aside.path));
        continue;
      }
      const path = pathOf(entry);
      if (path === undefined) continue;
      const outside = this.#find(entry, path);
      if (this.#isSocket(outside)) this.#moveAside(outside);
      this.#undoBinding(outside);
    }
  }

  /** Removes the directories of deleted sockets, now that all sockets are connected. */
  removeDirectories(): void {
    for (const forget of this.#forget.splice(0)) forget();
    this.#directories.removeAll();
  }

  /** Deletes the old sockets, now that the tree runs. */
  deleteReplaced(): void {
    for (const aside of this.#replaced.splice(0)) this.#host.call.unlinkat(AT_FDCWD, aside, 0);
  }

  #undoBinding(path: string): () => void {
    return this.#host.undo((call) => call.unlinkat(AT_FDCWD, path, 0).allow("ENOENT"));
  }

  #isSocket(path: string): boolean {
    const found = this.#host.stat(path);
    return typeof found === "object" && (found.mode & S_IF.MT) === S_IF.SOCK;
  }

  #makeDirectoriesFor(path: string): void {
    this.#directories.makeParents(path);
    this.#forget.push(this.#undoBinding(path));
  }

  #moveAside(path: string): void {
    const aside = `${path}.restage-${this.#host.runId}`;
    this.#host
      .undoneBy((call) => call.renameat(AT_FDCWD, aside, AT_FDCWD, path))
      .renameat(AT_FDCWD, path, AT_FDCWD, aside);
    this.#replaced.push(aside);
  }
}
