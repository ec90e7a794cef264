import type { Call, StageContext, Task, Value } from "@restage/core";
import { AT, AT_FDCWD, MOVE_MOUNT, MS, OPEN_TREE, S_IF } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";
import { flagsOfFileSystem } from "./attributes.ts";
import { type FileSystem, hostPathOf, type Part } from "./file-systems.ts";
import { unpackInto } from "./tmpfs-content/restore.ts";

/** Where the root of a tree of mounts is put before it is turned to. */
export const ROOT = "root";

interface Undeleted {
  readonly isDirectory: boolean;
  /** On the host it goes when the restore fails, unless that is forgotten. */
  readonly forget: (() => void) | undefined;
}

/**
 * A directory on which every file system is mounted once, whole and with nothing over it, so that parts of it can be cloned. It is the working
 * directory of the root task; a copy of it is in every mount namespace that the task makes from here.
 */
export class Yard {
  readonly #root: Task;
  readonly #context: StageContext;
  /** Names in the yard. */
  readonly #names = new Map<FileSystem, string>();
  readonly #descriptors = new Map<FileSystem, Value>();
  /** What had been deleted and is there for a while, by its path in the yard. */
  readonly #deleted = new Map<string, Undeleted>();

  constructor(root: Task, context: StageContext) {
    this.#root = root;
    this.#context = context;
  }

  /** Mounts all file systems. Nothing of it is seen on the host. */
  async make(fileSystems: Iterable<FileSystem>): Promise<void> {
    const { call } = this.#root;
    // What is mounted here stays here; who shared something with the host is now its slave, and so can hand that on.
    call.mount("none", "/", undefined, MS.REC | MS.SLAVE, undefined);
    // Taken before the yard covers anything.
    const taken = new Map<FileSystem, Value>();
    for (const fileSystem of fileSystems) {
      const path = hostPathOf(fileSystem, this.#context.options);
      if (path !== undefined)
        taken.set(fileSystem, call.open_tree(AT_FDCWD, path, OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.NO_AUTOMOUNT));
    }
    // Any directory serves: what it covers is not needed any more.
    call.mount("restage", "/proc", "tmpfs", 0, "mode=700");
    call.chdir("/proc");
    call.mkdirat(AT_FDCWD, ROOT, 0o700);
    for (const fileSystem of fileSystems) await this.#add(fileSystem, taken.get(fileSystem));
  }

  /** What came from the host, by descriptors of the mounts in the yard. */
  get descriptors(): ReadonlyMap<FileSystem, Value> {
    return this.#descriptors;
  }

  /** A mount, attached nowhere yet, of a part of a file system. */
  clone({ of, path }: Part): Call {
    const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT;
    return this.#root.call.open_tree(AT_FDCWD, this.#path(of, path), flags);
  }

  /** Makes what had been deleted once more, with the directories above it, empty as CRIU does it. All that was recorded has been run. */
  makeDeleted({ of, path }: Part, isDirectory: boolean): void {
    const names = path.split("/");
    for (let length = 1; length < names.length; length++) this.#makeAgain(of, names.slice(0, length).join("/"), true);
    this.#makeAgain(of, path, isDirectory);
  }

  /** Deletes again what had been deleted. */
  async deleteAgain(): Promise<void> {
    const made = [...this.#deleted].reverse();
    for (const [path, { isDirectory }] of made)
      this.#root.call.unlinkat(AT_FDCWD, path, isDirectory ? AT.REMOVEDIR : 0);
    await this.#root.flush();
    for (const [, { forget }] of made) forget?.();
  }

  #makeAgain(of: FileSystem, path: string, isDirectory: boolean): void {
    const { call, hostPid } = this.#root;
    const { host } = this.#context;
    const at = this.#path(of, path);
    if (this.#deleted.has(at) || typeof host.stat(`/proc/${hostPid}/cwd/${at}`) === "object") return;
    if (isDirectory) call.mkdirat(AT_FDCWD, at, 0o700);
    else call.mknodat(AT_FDCWD, at, S_IF.REG | 0o600, 0);
    const onHost = hostPathOf(of, this.#context.options);
    const forget =
      onHost === undefined
        ? undefined
        : host.undo((undo) => undo.unlinkat(AT_FDCWD, `${onHost}/${path}`, isDirectory ? AT.REMOVEDIR : 0));
    this.#deleted.set(at, { isDirectory, forget });
  }

  #path(fileSystem: FileSystem, path: string): string {
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
    const options = entry.options === "" ? undefined : entry.options;
    const writable = archive === undefined ? flags : flags & ~MS.RDONLY;
    // A user namespace may mount what the host has mounted restrictedly only with the same restrictions.
    call
      .mount(device, name, type, writable | (entry.flags & (MS.NOSUID | MS.NODEV | MS.NOEXEC)), options)
      .hint(`${entry.mountpoint}: the kernel has to have ${type}, and the host what it is made from`);
    if (archive === undefined) return;
    call.chdir(name);
    await this.#root.flush();
    unpackInto(this.#root, this.#context, archive, hasOwnNamespace(this.#context.images, this.#root, "user"));
    call.chdir("..");
    if (flags !== writable) call.mount("none", name, undefined, MS.REMOUNT | flags, undefined);
  }
}
