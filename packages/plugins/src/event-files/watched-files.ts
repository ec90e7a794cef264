import { type Host, type Plan, RestoreError, type StageContext, type Task } from "@restage/core";
import type { FhEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { readRemaps } from "../files/remaps.ts";
import { type MountPaths, readMountPaths } from "../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { handleFromImage } from "./file-handle.ts";
import { openByHandle } from "./open-by-handle.ts";

/** A watched file, as images record it. */
export interface WatchedFile {
  readonly handle: FhEntry;
  /** The number of its file system, as the kernel stores it. */
  readonly device: number;
  readonly inode: bigint;
}

/** A link in /proc to a file without a name. */
interface OpenLink {
  readonly task: Task;
  /** Below /proc/PID. */
  readonly link: string;
}

/**
 * Finds watched files: by path, by handle, or, if deleted, through a task that has the file open.
 *
 * The coordinator adds watches, because the tree may have no /proc, another root, or no right to open files by handle.
 */
export class WatchedFiles {
  readonly #deleted: ReadonlyMap<string, OpenLink>;
  readonly #isOwn: boolean;
  readonly #mounts: MountPaths;

  constructor(plan: Plan) {
    this.#deleted = linksOfDeleted(plan);
    this.#mounts = readMountPaths(plan);
    this.#isOwn = hasOwnNamespace(plan.images, plan.tree.root, "mount");
  }

  /** Refuses a file that does not exist. @param what the watch, for the message: `inotify watch 3`. */
  check(plan: Plan, what: string, { handle, device, inode }: WatchedFile): void {
    if (handle.path === undefined || this.#deleted.has(keyOf(device, inode))) return;
    // The tree's own mount namespace does not exist yet.
    if (this.#isOwn || plan.host.stat(handle.path) !== "missing") return;
    plan.refuse({
      what: `file ${handle.path}`,
      why: `it does not exist, and ${what} is on it`,
      hint: "put it back, or rewrite its path: entries.inotify_file, entries.fanotify_file",
      remedy: "machine",
    });
  }

  /** The path by which this process finds a path of a mount. */
  path(path: string, mountId: number | undefined): string {
    return this.#mounts.outside(mountId) + path;
  }

  /** Calls `use` with a link in /proc that leads to a watched file. The callee must follow it. */
  open({ host }: StageContext, task: Task, { handle, device, inode }: WatchedFile, use: (path: string) => void): void {
    const deleted = this.#deleted.get(keyOf(device, inode));
    if (deleted !== undefined) {
      use(`/proc/${deleted.task.hostPid}/${deleted.link}`);
      return;
    }
    const file =
      handle.path === undefined
        ? openByHandle(host, handleFromImage(handle), device, task.hostPid)
        : this.#openPath(host, this.path(handle.path, handle.mnt_id));
    try {
      use(`/proc/self/fd/${file}`);
    } finally {
      host.call.close(file);
    }
  }

  /** Opens the file of a path, or the symbolic link itself. */
  #openPath(host: Host, path: string): number {
    return host.call.openat(AT_FDCWD, path, O.PATH | O.NOFOLLOW | O.CLOEXEC, 0).result;
  }
}

/** Refuses an instance without a descriptor in the tree: its watches cannot be added. */
export function checkIsHeld(plan: Plan, what: string, id: number): void {
  if (plan.survivors.some((task) => task.descriptors.some((descriptor) => descriptor.id === id))) return;
  const isReferenced = plan.images.values("sk_queues").some(({ scm }) => scm.some(({ rights }) => rights.includes(id)));
  if (isReferenced) plan.refuse({ what, why: "it is in flight between Unix sockets, so its watches cannot be added" });
}

/** The error for a watch that got another number. */
export function wrongNumber(wanted: number, got: number): RestoreError {
  return new RestoreError("ERR_PLUGIN", `Cannot restore inotify watch ${wanted}: it got the number ${got}`, {
    hint: "use a kernel with CONFIG_CHECKPOINT_RESTORE; check that no two watched paths are one file now",
  });
}

/** Links in /proc to deleted files that a task has open, by device and inode at the checkpoint. */
function linksOfDeleted(plan: Plan): ReadonlyMap<string, OpenLink> {
  const links = linksOfFiles(plan);
  const found = new Map<string, OpenLink>();
  for (const { id, kind, source } of readRemaps(plan.images)) {
    const ghost = kind === "ghost" ? plan.images.optional("ghost_file", source) : undefined;
    const open = links.get(id);
    if (ghost?.dev === undefined || ghost.ino === undefined || open === undefined) continue;
    found.set(keyOf(ghost.dev, ghost.ino), open);
  }
  return found;
}

function linksOfFiles({ survivors }: Plan): ReadonlyMap<number, OpenLink> {
  const links = new Map<number, OpenLink>();
  for (const task of survivors) {
    links.set(task.mm.exe_file_id, { task, link: "exe" });
    links.set(task.fs.cwd_id, { task, link: "cwd" });
    links.set(task.fs.root_id, { task, link: "root" });
    for (const { id, fd } of task.descriptors) links.set(id, { task, link: `fd/${fd}` });
  }
  return links;
}

function keyOf(device: number, inode: bigint): string {
  return `${device} ${inode}`;
}
