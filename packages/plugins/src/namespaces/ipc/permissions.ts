import { data, type Task } from "@restage/core";
import type { IpcDescEntry } from "@restage/images";
import { IPC, IPC64_PERM } from "@restage/linux/abi";

/** Flags of shmget(2), semget(2) and msgget(2) that make an object with its old permissions. */
export function creationFlags({ mode }: IpcDescEntry): number {
  return IPC.CREAT | IPC.EXCL | (mode & 0o777);
}

/** Sets the id of the next object of a kind. Requires CONFIG_CHECKPOINT_RESTORE. Source: Documentation/admin-guide/sysctl/kernel.rst. */
export function chooseId(root: Task, kind: "shm" | "sem" | "msg", { id }: IpcDescEntry): void {
  root.writeFile(`/proc/sys/kernel/${kind}_next_id`, String(id));
}

/** A structure of `size` bytes that begins with struct ipc64_perm, for IPC_SET. Source: include/uapi/asm-generic/ipcbuf.h. */
export function permissions({ uid, gid, mode }: IpcDescEntry, size: number): DataView {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(IPC64_PERM.uid, uid, true);
  view.setUint32(IPC64_PERM.gid, gid, true);
  view.setUint32(IPC64_PERM.mode, mode, true);
  return view;
}

/** The bytes of a structure as an argument of a call. */
export function argument(view: DataView) {
  return data(new Uint8Array(view.buffer));
}
