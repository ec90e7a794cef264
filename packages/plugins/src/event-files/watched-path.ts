import type { DumpContext, OpenFile } from "@restage/core";
import type { FhEntry, InputOf } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { isDeletedName } from "../files/deleted-name.ts";
import { kernelDevice } from "../files/device-number.ts";
import { procsOfMounts } from "../namespaces/mount/mount-of.ts";
import { readMountinfo } from "../namespaces/mount/mountinfo.ts";
import { ownNamespace } from "../namespaces/own-namespaces.ts";
import { encodeHandle, type FileHandle, handleToImage } from "./file-handle.ts";

/** A file that an instance of inotify or fanotify watches, as /proc shows it. */
interface Watched {
  /** The watch, for the message: `watch 3`. */
  readonly what: string;
  readonly inode: bigint;
  /** The number of the file system, as the kernel stores it. */
  readonly device: number;
  readonly handle: FileHandle;
}

/** Records how a restore finds a watched file: by its path, or through a task that has a deleted file open. Refuses a file with neither. */
export function handleEntry(instance: OpenFile, watched: Watched, context: DumpContext): InputOf<FhEntry> {
  const { what, inode, handle } = watched;
  const found = findPath(watched, context);
  if (found === undefined && !isOpenInTree(watched, context)) {
    const why = `the file of ${what} (inode ${inode}) cannot be found by its handle`;
    const hint = "checkpoint with CAP_DAC_READ_SEARCH; give the file a name, or keep it open in the tree";
    context.findings.refuse({ what: instance.link, why, hint, pid: instance.task.pid });
  }
  return { ...handleToImage(handle), ...found };
}

/** The path of a file in a mount namespace of the tree, through any mount of its file system; undefined if it has no name. */
function findPath({ device, handle }: Watched, context: DumpContext): Pick<FhEntry, "path" | "mnt_id"> | undefined {
  const { host } = context;
  const isOwn = ownNamespace(context, "mount") !== undefined;
  for (const proc of procsOfMounts(context)) {
    for (const { id, mountPoint } of readMountinfo(host, proc).filter((mount) => mount.device === device)) {
      const flags = O.RDONLY | O.NONBLOCK | O.CLOEXEC;
      const mount = host.attempt("openat", AT_FDCWD, `${proc}/root${mountPoint}`, flags, 0);
      if (mount < 0) continue;
      const found = host.attempt("open_by_handle_at", mount, encodeHandle(handle), O.PATH | O.CLOEXEC);
      host.call.close(mount);
      if (found < 0) continue;
      const path = host.readLink(`/proc/self/fd/${found}`);
      host.call.close(found);
      if (path !== undefined && !isDeletedName(path)) return isOwn ? { path, mnt_id: id } : { path };
    }
  }
  return undefined;
}

/** Whether a task has the deleted file open, which is where a restore finds it. */
function isOpenInTree({ inode, device }: Watched, { files }: DumpContext): boolean {
  return files.all.some(({ stat }) => stat.nlink === 0 && stat.ino === inode && kernelDevice(stat.dev) === device);
}
