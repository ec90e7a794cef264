import { type Host, RestoreError } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { printDevice } from "../files/device-number.ts";
import { readMountinfo } from "../namespaces/mount/mountinfo.ts";
import { encodeHandle, type FileHandle } from "./file-handle.ts";

/**
 * Opens the file of a handle (O_PATH), through a mount of its file system. The caller closes the descriptor. Requires CAP_DAC_READ_SEARCH.
 *
 * @param device the number of the file system, as the kernel stores it.
 * @param hostPid a process whose mount namespace has the file system.
 */
export function openByHandle(host: Host, handle: FileHandle, device: number, hostPid: number): number {
  const proc = `/proc/${hostPid}`;
  const mounts = readMountinfo(host, proc).filter((mount) => mount.device === device);
  const { mountPoint } = mounts.find(({ root }) => root === "/") ?? mounts[0] ?? {};
  if (mountPoint === undefined && !host.kernel.recording) throw noMount(device);
  const mount = host.call.openat(AT_FDCWD, `${proc}/root${mountPoint ?? ""}`, O.RDONLY | O.CLOEXEC, 0).result;
  try {
    return host.call.open_by_handle_at(mount, encodeHandle(handle), O.PATH | O.CLOEXEC).result;
  } finally {
    host.call.close(mount);
  }
}

function noMount(device: number): RestoreError {
  const message = `Cannot open a file by its handle: no file system of device ${printDevice(device)} is mounted`;
  return new RestoreError("ERR_PLUGIN", message, {
    hint: "checkpoint with --force-irmap, which records paths",
  });
}
