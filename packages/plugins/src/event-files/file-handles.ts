import { data, type Host, type Task } from "@restage/core";
import type { FhEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";

/**
 * Opens the file of a handle (O_PATH) through any mount of its file system. Returns the descriptor, the caller's to close.
 *
 * @param device as in the kernel: the minor number has 20 bits. Requires CAP_DAC_READ_SEARCH. Source: open_by_handle_at(2).
 */
export async function openByHandle(task: Task, handle: FhEntry, device: number, host: Host): Promise<number> {
  const at = mountPoint(host.readText(`/proc/${task.hostPid}/mountinfo`) ?? "", device);
  if (at === undefined)
    throw new Error(`Cannot find a file by its handle: no file system of device ${printDevice(device)} is mounted`);
  const mount = task.call.openat(AT_FDCWD, at, O.RDONLY | O.CLOEXEC, 0);
  const file = task.call
    .open_by_handle_at(mount, fileHandle(handle), O.PATH | O.CLOEXEC)
    .hint("the file is not the one that was watched: checkpoint with --force-irmap to find files by their paths");
  task.call.close(mount);
  await task.flush();
  return file.result;
}

/** struct file_handle. Source: include/linux/fs.h. */
function fileHandle({ bytes, type, handle }: FhEntry) {
  const struct = new Uint8Array(8 + handle.length * 8);
  const view = new DataView(struct.buffer);
  view.setUint32(0, bytes, true);
  view.setInt32(4, type, true);
  handle.forEach((word, index) => {
    view.setBigUint64(8 + index * 8, word, true);
  });
  return data(struct.subarray(0, 8 + bytes));
}

function printDevice(device: number): string {
  return `${device >>> 20}:${device & 0xfffff}`;
}

/** Where a device is mounted, with its whole tree if it is so anywhere. Source: proc_pid_mountinfo(5). */
function mountPoint(mountinfo: string, device: number): string | undefined {
  const mounts = mountinfo.split("\n").map((line) => line.split(" "));
  const of = mounts.filter(([, , number]) => number === printDevice(device));
  const [, , , , path] = of.find(([, , , root]) => root === "/") ?? of[0] ?? [];
  return path?.replace(/\\(\d{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
