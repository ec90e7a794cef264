import { type Host, type Plan, RestoreError, type StageContext, type Task } from "@restage/core";
import type { FhEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { readRemaps } from "../files/remaps.ts";
import { type MountPaths, readMountPaths } from "../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { openByHandle } from "./file-handles.ts";

/** A file that is watched, as CRIU saves it. */
export interface WatchedFile {
  readonly handle: FhEntry;
  /** Of its file system, as in the kernel: the minor number has 20 bits. */
  readonly device: number;
  readonly inode: bigint;
}

/** Where a task finds a file that has no name any more. */
interface OpenPlace {
  readonly task: Task;
  /** Below /proc/PID. */
  readonly link: string;
}

/**
 * What is watched, as this process finds it: by its path, by its handle, or, when it is deleted, as what a task has open.
 *
 * Watches are added by this process, as the tree may have no /proc, another root, or no right to open files by handles.
 */
export class WatchedFiles {
  readonly #deleted: ReadonlyMap<string, OpenPlace>;
  readonly #isOwn: boolean;
  readonly #mounts: MountPaths;

  constructor(plan: Plan) {
    this.#deleted = placesOfDeleted(plan);
    this.#mounts = readMountPaths(plan);
    this.#isOwn = hasOwnNamespace(plan.images, plan.tree.root, "mount");
  }

  /** Refuses what is not there. @param what for people: `inotify watch 3`. */
  check(plan: Plan, what: string, { handle, device, inode }: WatchedFile): void {
    if (handle.path === undefined || this.#deleted.has(keyOf(device, inode))) return;
    // Paths in a mount namespace of the tree's own are not there yet.
    if (this.#isOwn || plan.host.stat(handle.path) !== "missing") return;
    plan.refuse({
      what: `file ${handle.path}`,
      why: `${what} is on it, and it is not there`,
      hint: "put it back, or rewrite its path: entries.inotify_file, entries.fanotify_file",
    });
  }

  /** A path in the namespace of a mount, for this process. */
  path(path: string, mountId: number | undefined): string {
    return this.#mounts.outside(mountId) + path;
  }

  /** Gives `use` a path that leads to a watched file, over a link of /proc: to be followed. */
  open({ host }: StageContext, task: Task, { handle, device, inode }: WatchedFile, use: (path: string) => void): void {
    const deleted = this.#deleted.get(keyOf(device, inode));
    if (deleted !== undefined) {
      use(`/proc/${deleted.task.hostPid}/${deleted.link}`);
      return;
    }
    const file =
      handle.path === undefined
        ? openByHandle(host, handle, device, task.hostPid)
        : this.#openPath(host, this.path(handle.path, handle.mnt_id));
    try {
      use(`/proc/self/fd/${file}`);
    } finally {
      host.call.close(file);
    }
  }

  /** The path leads to the file itself: also where that is a symbolic link. */
  #openPath(host: Host, path: string): number {
    return host.call.openat(AT_FDCWD, path, O.PATH | O.NOFOLLOW | O.CLOEXEC, 0).result;
  }
}

/** An instance of which no task has a descriptor cannot get its watches. */
export function checkIsHeld(plan: Plan, what: string, id: number): void {
  if (plan.survivors.some((task) => task.descriptors.some((descriptor) => descriptor.id === id))) return;
  const isReferenced = plan.images.values("sk_queues").some(({ scm }) => scm.some(({ rights }) => rights.includes(id)));
  if (isReferenced) plan.refuse({ what, why: "it is in flight between Unix sockets, where it cannot get its watches" });
}

/** Fails when a watch has got another number. */
export function wrongNumber(wanted: number, got: number): RestoreError {
  return new RestoreError("ERR_PLUGIN", `inotify watch ${wanted} got the number ${got}`, {
    hint: "the kernel has to have CONFIG_CHECKPOINT_RESTORE; two watches may be on one file now",
  });
}

/** Deleted files that a task has open, by device and inode at the checkpoint. */
function placesOfDeleted(plan: Plan): ReadonlyMap<string, OpenPlace> {
  const places = placesOfFiles(plan);
  const found = new Map<string, OpenPlace>();
  for (const { id, kind, source } of readRemaps(plan.images)) {
    const ghost = kind === "ghost" ? plan.images.optional("ghost_file", source) : undefined;
    const place = places.get(id);
    if (ghost?.dev === undefined || ghost.ino === undefined || place === undefined) continue;
    found.set(keyOf(ghost.dev, ghost.ino), place);
  }
  return found;
}

function placesOfFiles({ survivors }: Plan): ReadonlyMap<number, OpenPlace> {
  const places = new Map<number, OpenPlace>();
  for (const task of survivors) {
    places.set(task.mm.exe_file_id, { task, link: "exe" });
    places.set(task.fs.cwd_id, { task, link: "cwd" });
    places.set(task.fs.root_id, { task, link: "root" });
    for (const { id, fd } of task.descriptors) places.set(id, { task, link: `fd/${fd}` });
  }
  return places;
}

function keyOf(device: number, inode: bigint): string {
  return `${device} ${inode}`;
}
