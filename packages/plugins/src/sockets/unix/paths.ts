import type { Host } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AT_FDCWD, S_IF } from "@restage/linux/abi";
import { TemporaryNames } from "../../files/temporary-names.ts";
import { isBound, pathOf } from "./graph.ts";
import { asideOf } from "./names.ts";

/** A file that stood where a socket is to be bound. */
interface MovedFile {
  readonly path: string;
  readonly aside: string;
  readonly call: { undone(): void };
}

/**
 * Paths that sockets are to be bound to. Old sockets that stand there move aside, and all that the restore makes goes when it fails, also when the
 * coordinator is killed.
 */
export class UnixPaths {
  readonly #host: Host;
  /** Where this process finds a path on the mount of a socket. */
  readonly #find: (entry: UnixSkEntry, path: string) => string;
  readonly #directories: TemporaryNames;
  /** For as long as a socket is bound whose file is deleted. */
  readonly #borrowed: MovedFile[] = [];
  readonly #replaced: MovedFile[] = [];
  /** Forgets the undos of names that are only there until all sockets are bound. */
  readonly #forget: (() => void)[] = [];

  constructor(host: Host, find: (entry: UnixSkEntry, path: string) => string) {
    this.#host = host;
    this.#find = find;
    this.#directories = new TemporaryNames(host);
  }

  /** Before any socket is bound. */
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

  /** When all sockets are bound, and those without a file have lost it again. */
  putBack(): void {
    for (const forget of this.#forget.splice(0)) forget();
    for (const { path, aside, call } of this.#borrowed.splice(0)) {
      this.#host.call.renameat(AT_FDCWD, aside, AT_FDCWD, path);
      call.undone();
    }
    this.#directories.removeAll();
  }

  /** When the tree runs: old sockets have been replaced. */
  forgetOld(): void {
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
