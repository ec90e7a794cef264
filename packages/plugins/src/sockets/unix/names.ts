import { type Call, data, type Task, type Value } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AF, AT_FDCWD } from "@restage/linux/abi";
import { isBound, pathOf } from "./graph.ts";

const PERMISSIONS = 0o7777;

/** Binds a socket to its name. A path gets its owner and mode back; one that was deleted moves aside, where peers still find it. */
export function bindUnixSocket(task: Task, socket: Value, entry: UnixSkEntry): void {
  if (!isBound(entry)) return;
  const path = pathOf(entry);
  enterDirectory(task, entry);
  withAddress(entry.name, (address, length) => task.call.bind(socket, address, length)).hint(
    path === undefined
      ? "its abstract name is in use: end the process that has it, or rewrite the name: entries.unixsk"
      : "its path is in use, or its directory is gone: mend that, or rewrite the name: entries.unixsk",
  );
  if (path === undefined) return;
  const { file_perms } = entry;
  if (file_perms !== undefined) {
    task.call.fchownat(AT_FDCWD, path, file_perms.uid, file_perms.gid, 0);
    task.call.fchmodat(AT_FDCWD, path, file_perms.mode & PERMISSIONS);
  }
  const aside = asideOf(entry);
  if (aside !== undefined) task.call.renameat(AT_FDCWD, path, AT_FDCWD, aside);
}

/** Connects a socket to the name of another one, by wherever its file is now. */
export function connectUnixSocket(task: Task, socket: Value, peer: UnixSkEntry): Call {
  const aside = asideOf(peer);
  if (aside === undefined) {
    enterDirectory(task, peer);
    return withAddress(peer.name, (address, length) => task.call.connect(socket, address, length));
  }
  // From within its directory: the whole path may be too long for an address.
  const slash = aside.lastIndexOf("/");
  task.call.chdir(aside.slice(0, slash) || "/");
  const name = new TextEncoder().encode(`${aside.slice(slash + 1)}\0`);
  return withAddress(name, (address, length) => task.call.connect(socket, address, length));
}

/** Takes the file of a deleted socket away again, when all who connect to it have. */
export function deleteAgain(task: Task, entry: UnixSkEntry): void {
  const aside = asideOf(entry);
  if (aside !== undefined && isBound(entry)) task.call.unlinkat(AT_FDCWD, aside, 0);
}

/** Where the file of a deleted socket is for as long as it is needed. */
export function asideOf(entry: UnixSkEntry): string | undefined {
  const path = entry.deleted === true ? pathOf(entry) : undefined;
  return path === undefined ? undefined : `${path.slice(0, path.lastIndexOf("/") + 1)}.restage-${entry.ino}`;
}

/** A relative name is relative to the directory that the image tells. The task gets its own working directory later. */
function enterDirectory(task: Task, { name_dir }: UnixSkEntry): void {
  if (name_dir !== undefined) task.call.chdir(name_dir);
}

/** struct sockaddr_un. */
function withAddress<T>(name: Uint8Array, use: (address: ReturnType<typeof data>, length: number) => T): T {
  const bytes = new Uint8Array(2 + name.length);
  new DataView(bytes.buffer).setUint16(0, AF.UNIX, true);
  bytes.set(name, 2);
  return use(data(bytes), bytes.length);
}
