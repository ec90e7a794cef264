import { data, type Host, RestoreError } from "@restage/core";
import type { FhEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";

/**
 * Opens the file of a handle (O_PATH) through any mount of its file system. Returns the descriptor, the caller's to close.
 *
 * @param device as in the kernel: the minor number has 20 bits.
 * @param hostPid a process in whose mount namespace the file system is mounted. Requires CAP_DAC_READ_SEARCH. Source: open_by_handle_at(2).
 */
export function openByHandle(host: Host, handle: FhEntry, device: number, hostPid: number): number {
  const at = mountPoint(host.readText(`/proc/${hostPid}/mountinfo`) ?? "", device);
  if (at === undefined && !host.kernel.recording) throw noMount(device);
  const mount = host.call.openat(AT_FDCWD, `/proc/${hostPid}/root${at ?? ""}`, O.RDONLY | O.CLOEXEC, 0).result;
  try {
    return host.call.open_by_handle_at(mount, fileHandle(handle), O.PATH | O.CLOEXEC).result;
  } finally {
    host.call.close(mount);
  }
}

function noMount(device: number): RestoreError {
  const message = `Cannot find a file by its handle: no file system of device ${printDevice(device)} is mounted`;
  return new RestoreError("ERR_PLUGIN", message, {
    hint: "checkpoint with --force-irmap to find files by their paths",
  });
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
