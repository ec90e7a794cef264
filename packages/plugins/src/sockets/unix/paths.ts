import type { Host } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AT_FDCWD, S_IF } from "@restage/linux/abi";
import { TemporaryNames } from "../../files/temporary-names.ts";
import { isBound, pathOf } from "./graph.ts";
import { asideOf } from "./names.ts";

/** A file that was in the way of a socket, and was renamed. */
interface MovedFile {
  readonly path: string;
  readonly aside: string;
  readonly call: { undone(): void };
}

/**
 * The paths to which sockets are bound. Old sockets with these paths are renamed first. If the restore fails, or the coordinator is killed,
 * everything that was made there is removed, and what was renamed gets its name back.
 */
export class UnixPaths {
  readonly #host: Host;
  /** Translates a path on the mount of a socket to one of this process. */
  readonly #find: (entry: UnixSkEntry, path: string) => string;
  readonly #directories: TemporaryNames;
  /** Files renamed while a socket is bound whose own file is deleted. */
  readonly #borrowed: MovedFile[] = [];
  /** Old sockets that restored ones replace. */
  readonly #replaced: MovedFile[] = [];
  /** Cancel the undos of names that exist only until all sockets are bound. */
  readonly #forget: (() => void)[] = [];

  constructor(host: Host, find: (entry: UnixSkEntry, path: string) => string) {
    this.#host = host;
    this.#find = find;
    this.#directories = new TemporaryNames(host);
  }

  /** Renames files that are in the way, before any socket is bound. */
  makeRoom(sockets: readonly UnixSkEntry[]): void {
    const bound = sockets.filter(isBound);
    const outside = (entry: UnixSkEntry, path: string | undefined) =>
      path === undefined ? undefined : this.#find(entry, path);
    const staying = new Set(
      bound.filter(({ deleted }) => deleted !== true).map((entry) => outside(entry, pathOf(entry))),
    );
    const seen = new Set<string>();
    for (const entry of bound) {
      const path = outside(entry, pathOf(entry));
      if (path === undefined) continue;
      const aside = outside(entry, asideOf(entry));
      if (aside !== undefined) {
        this.#directories.makeParents(path);
        this.#forget.push(this.#undoBinding(aside));
      }
      if (seen.has(path)) continue;
      seen.add(path);
      if (!staying.has(path)) this.#moveAside(path, this.#borrowed);
      else if (this.#isSocket(path)) this.#moveAside(path, this.#replaced);
      const forget = this.#undoBinding(path);
      if (!staying.has(path)) this.#forget.push(forget);
    }
  }

  /** Renames files back, now that all sockets are bound and the files of deleted ones are gone again. */
  putBack(): void {
    for (const forget of this.#forget.splice(0)) forget();
    for (const { path, aside, call } of this.#borrowed.splice(0)) {
      this.#host.call.renameat(AT_FDCWD, aside, AT_FDCWD, path);
      call.undone();
    }
    this.#directories.removeAll();
  }

  /** Deletes the old sockets, now that the tree runs. */
  deleteReplaced(): void {
    for (const { aside } of this.#replaced.splice(0)) this.#host.call.unlinkat(AT_FDCWD, aside, 0);
  }

  #undoBinding(path: string): () => void {
    return this.#host.undo((call) => call.unlinkat(AT_FDCWD, path, 0).allow("ENOENT"));
  }

  #isSocket(path: string): boolean {
    const found = this.#host.stat(path);
    return typeof found === "object" && (found.mode & S_IF.MT) === S_IF.SOCK;
  }

  #moveAside(path: string, list: MovedFile[]): void {
    if (typeof this.#host.stat(path) === "string") return;
    const aside = `${path}.restage-${this.#host.runId}`;
    const call = this.#host.call.renameat(AT_FDCWD, path, AT_FDCWD, aside);
    call.undo((call) => call.renameat(AT_FDCWD, aside, AT_FDCWD, path));
    list.push({ path, aside, call });
  }
}
