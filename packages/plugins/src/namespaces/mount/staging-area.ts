import type { Call, StageContext, Task, Value } from "@restage/core";
import { AT, AT_FDCWD, MOVE_MOUNT, MS, OPEN_TREE, S_IF } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";
import { idsOutside } from "../user/ids-outside.ts";
import { flagsOfFileSystem } from "./attributes.ts";
import { type Autofs, mountAutofs } from "./autofs.ts";
import { type FileSystem, hostPathOf, type Part } from "./file-systems.ts";
import { unpackInto } from "./tmpfs-content/restore.ts";

/** The name in the staging area of the root of a new tree of mounts. */
export const ROOT = "root";

interface Undeleted {
  readonly isDirectory: boolean;
  /** Removes it from the host; undefined where it is not there. */
  readonly onHost: (() => void) | undefined;
}

/**
 * A directory in which every file system is mounted once, as a whole and uncovered, so that parts of it can be cloned. It is the working directory of
 * the root task. Every mount namespace that the task makes from here has a copy of it.
 */
export class StagingArea {
  readonly #root: Task;
  readonly #context: StageContext;
  readonly #autofs: ReadonlyMap<number, Autofs>;
  /** Names in the staging area. */
  readonly #names = new Map<FileSystem, string>();
  readonly #descriptors = new Map<FileSystem, Value>();
  /** Deleted files and directories that exist for a moment, by path in the staging area. */
  readonly #deleted = new Map<string, Undeleted>();

  /** @param autofs those of the tree, by device. */
  constructor(root: Task, context: StageContext, autofs: ReadonlyMap<number, Autofs>) {
    this.#root = root;
    this.#context = context;
    this.#autofs = autofs;
  }

  /**
   * Mounts all file systems. The host does not see them.
   *
   * @param taken descriptors of mounts of the host, which are in no namespace yet.
   */
  async make(fileSystems: Iterable<FileSystem>, taken: ReadonlyMap<FileSystem, Value>): Promise<void> {
    const { call } = this.#root;
    // Mounts made here stay here. Mounts that shared events with the host become its slaves, and can pass them on.
    call.mount("none", "/", undefined, MS.REC | MS.SLAVE, undefined);
    // Any directory serves, because what it covers is no longer needed.
    call.mount("restage", "/proc", "tmpfs", 0, "mode=700");
    call.chdir("/proc");
    call.mkdirat(AT_FDCWD, ROOT, 0o700);
    for (const fileSystem of fileSystems) await this.#add(fileSystem, taken.get(fileSystem));
  }

  /** Descriptors of the mounts in the staging area that came from the host. */
  get descriptors(): ReadonlyMap<FileSystem, Value> {
    return this.#descriptors;
  }

  /** A detached mount of a part of a file system. */
  clone({ of, path }: Part): Call {
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT;
    return this.#root.call.open_tree(AT_FDCWD, this.path(of, path), flags);
  }

  /** Creates a deleted file or directory, empty as CRIU does, with the directories above it. All recorded calls must have run. */
  makeDeleted({ of, path }: Part, isDirectory: boolean): void {
    const names = path.split("/");
    for (let length = 1; length < names.length; length++) this.#makeAgain(of, names.slice(0, length).join("/"), true);
    this.#makeAgain(of, path, isDirectory);
  }

  /** Deletes everything that `makeDeleted` created. */
  async deleteAgain(): Promise<void> {
    const made = [...this.#deleted].reverse();
    for (const [path, { isDirectory, onHost }] of made)
      if (onHost === undefined) this.#root.call.unlinkat(AT_FDCWD, path, isDirectory ? AT.REMOVEDIR : 0);
    await this.#root.flush();
    for (const [, { onHost }] of made) onHost?.();
  }

  #makeAgain(of: FileSystem, path: string, isDirectory: boolean): void {
    const { call, hostPid } = this.#root;
    const { host } = this.#context;
    const at = this.path(of, path);
    if (this.#deleted.has(at) || typeof host.stat(`/proc/${hostPid}/cwd/${at}`) === "object") return;
    const onHost = hostPathOf(of, this.#context.options);
    if (onHost !== undefined) {
      this.#deleted.set(at, { isDirectory, onHost: this.#makeOnHost(`${onHost}/${path}`, isDirectory) });
      return;
    }
    if (isDirectory) call.mkdirat(AT_FDCWD, at, 0o700);
    else call.mknodat(AT_FDCWD, at, S_IF.REG | 0o600, 0);
    this.#deleted.set(at, { isDirectory, onHost: undefined });
  }

  /** Returns what removes it again. A user namespace must not write everywhere on the host, so this process does it. */
  #makeOnHost(path: string, isDirectory: boolean): () => void {
    const { host, images } = this.#context;
    const flags = isDirectory ? AT.REMOVEDIR : 0;
    const calls = host.undoneBy((undo) => undo.unlinkat(AT_FDCWD, path, flags));
    const made = isDirectory
      ? calls.mkdirat(AT_FDCWD, path, 0o700)
      : calls.mknodat(AT_FDCWD, path, S_IF.REG | 0o600, 0);
    const { uid, gid } = idsOutside(images, this.#root).root;
    host.call.fchownat(AT_FDCWD, path, uid, gid, AT.SYMLINK_NOFOLLOW);
    return () => {
      host.call.unlinkat(AT_FDCWD, path, flags);
      made.undone();
    };
  }

  /** A path in the staging area. */
  path(fileSystem: FileSystem, path: string): string {
    const name = this.#names.get(fileSystem) ?? ROOT;
    return path === "" ? name : `${name}/${path}`;
  }

  async #add(fileSystem: FileSystem, taken: Value | undefined): Promise<void> {
    const { call } = this.#root;
    const name = String(this.#names.size);
    this.#names.set(fileSystem, name);
    const { source } = fileSystem;
    if (source.kind === "external" && !source.isDirectory) call.mknodat(AT_FDCWD, name, S_IF.REG | 0o600, 0);
    else call.mkdirat(AT_FDCWD, name, 0o700);
    if (taken !== undefined) {
      call.move_mount(taken, "", AT_FDCWD, name, MOVE_MOUNT.F_EMPTY_PATH);
      this.#descriptors.set(fileSystem, taken);
    } else if (source.kind === "new") await this.#mount(fileSystem, source, name);
  }

  async #mount({ entry }: FileSystem, source: FileSystem["source"] & { kind: "new" }, name: string): Promise<void> {
    const { call } = this.#root;
    const { type, device, archive } = source;
    const flags = flagsOfFileSystem(entry);
    const autofs = this.#autofs.get(entry.root_dev);
    if (autofs !== undefined) return mountAutofs(this.#root, autofs, device, name, flags);
    const options = entry.options === "" ? undefined : entry.options;
    const writable = archive === undefined ? flags : flags & ~MS.RDONLY;
    // A user namespace can mount what the host has mounted with restrictions only with the same ones.
    call
      .mount(device, name, type, writable | (entry.flags & (MS.NOSUID | MS.NODEV | MS.NOEXEC)), options)
      .hint(`for ${entry.mountpoint} use a kernel with ${type}, and provide its source on the host`);
    if (archive === undefined) return;
    call.chdir(name);
    await this.#root.flush();
    unpackInto(this.#root, this.#context, archive, hasOwnNamespace(this.#context.images, this.#root, "user"));
    call.chdir("..");
    if (flags !== writable) call.mount("none", name, undefined, MS.REMOUNT | flags, undefined);
  }
}
