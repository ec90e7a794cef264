import type { Host } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AT_FDCWD, S_IF } from "@restage/linux/abi";
import { TemporaryNames } from "../../files/temporary-names.ts";
import { asRootOf } from "../../namespaces/user/as-root.ts";
import type { IdsOutside } from "../../namespaces/user/ids-outside.ts";
import { isBound, pathOf } from "./graph.ts";
import type { SocketNames } from "./names.ts";

/**
 * The paths to which sockets are bound. Old sockets with these paths are renamed first. Sockets whose files were deleted, and those that the tree might
 * not be able to make itself, get directories of their own; the files of the latter are moved to their paths later. If the restore fails, or the
 * coordinator is killed, everything that was made there is removed, and what was renamed gets its name back.
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
  /** Files of sockets that are moved to their paths once all sockets are bound and connected. */
  readonly #moved: { readonly from: string; readonly to: string }[] = [];
  readonly #root: IdsOutside["root"];
  readonly #names: SocketNames;

  constructor(
    host: Host,
    names: SocketNames,
    root: IdsOutside["root"],
    find: (entry: UnixSkEntry, path: string) => string,
  ) {
    this.#host = host;
    this.#names = names;
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
      const [path, aside] = [pathOf(entry), this.#names.asideOf(entry)];
      const made = aside === undefined ? undefined : this.#find(entry, aside.path);
      if (made !== undefined) this.#makeDirectoriesFor(made);
      if (path === undefined || entry.deleted === true) continue;
      const outside = this.#find(entry, path);
      if (this.#isSocket(outside)) this.#moveAside(outside);
      this.#undoBinding(outside);
      if (made !== undefined) this.#moved.push({ from: made, to: outside });
    }
  }

  /** Moves files to their paths, and removes the directories in which they were made, now that all sockets are connected. */
  settle(): void {
    asRootOf(this.#host, this.#root, () => {
      for (const { from, to } of this.#moved.splice(0)) this.#host.call.renameat(AT_FDCWD, from, AT_FDCWD, to);
    });
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
