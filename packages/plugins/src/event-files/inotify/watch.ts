import { type FileHandle, printedHandle } from "../file-handle.ts";

/** A watch of an inotify instance, as /proc shows it. */
export interface Watch {
  readonly wd: number;
  readonly inode: bigint;
  /** The number of the file system, as the kernel stores it. */
  readonly device: number;
  readonly mask: number;
  readonly ignoredMask: number;
  readonly handle: FileHandle;
}

/** A line of /proc/PID/fdinfo for each watch, all numbers hexadecimal. Source: proc_pid_fdinfo(5). */
const LINE =
  /^inotify wd:(\w+) ino:(\w+) sdev:(\w+) mask:(\w+) ignored_mask:(\w+) +fhandle-bytes:\w+ fhandle-type:(\w+) f_handle:(\w*)/gm;

/** The watches of an instance. @param info its /proc/PID/fdinfo/FD. */
export function parseWatches(info: string): readonly Watch[] {
  return [...info.matchAll(LINE)].map(
    ([, wd = "", ino, sdev = "", mask = "", ignored = "", type = "", bytes = ""]) => ({
      wd: Number.parseInt(wd, 16),
      inode: BigInt(`0x${ino}`),
      device: Number.parseInt(sdev, 16),
      mask: Number.parseInt(mask, 16),
      ignoredMask: Number.parseInt(ignored, 16),
      handle: printedHandle(type, bytes),
    }),
  );
}
