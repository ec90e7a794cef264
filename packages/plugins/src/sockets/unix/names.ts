import { type Call, data, type Task, type Value } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { AT_FDCWD } from "@restage/linux/abi";
import { unixAddress } from "./format.ts";
import { isBound, pathOf } from "./graph.ts";

const PERMISSIONS = 0o7777;

/** Binds a socket to its name. Its file gets owner and mode; a deleted file is renamed for now, so that peers can still connect. */
export function bindUnixSocket(task: Task, socket: Value, entry: UnixSkEntry): void {
  if (!isBound(entry)) return;
  const path = pathOf(entry);
  enterDirectory(task, entry);
  const address = data(unixAddress(entry.name));
  task.call
    .bind(socket, address, address.bytes.length)
    .hint(
      path === undefined
        ? "its abstract name is in use: end the process that has it, or rewrite the name with the hook entries.unixsk"
        : "its path is in use, or its directory is missing: free the path, or rewrite the name with the hook entries.unixsk",
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

/** Connects a socket to the name of another one, wherever the file of that is now. */
export function connectUnixSocket(task: Task, socket: Value, peer: UnixSkEntry): Call {
  const aside = asideOf(peer);
  if (aside === undefined) {
    enterDirectory(task, peer);
    return connect(task, socket, peer.name);
  }
  // From its directory, because the whole path may be too long for an address.
  const slash = aside.lastIndexOf("/");
  task.call.chdir(aside.slice(0, slash) || "/");
  return connect(task, socket, new TextEncoder().encode(`${aside.slice(slash + 1)}\0`));
}

/** Deletes the file of a deleted socket again, now that its peers are connected. */
export function deleteAgain(task: Task, entry: UnixSkEntry): void {
  const aside = asideOf(entry);
  if (aside !== undefined && isBound(entry)) task.call.unlinkat(AT_FDCWD, aside, 0);
}

/** The name that the file of a deleted socket has while it is needed. */
export function asideOf(entry: UnixSkEntry): string | undefined {
  const path = entry.deleted === true ? pathOf(entry) : undefined;
  return path === undefined ? undefined : `${path.slice(0, path.lastIndexOf("/") + 1)}.restage-${entry.ino}`;
}

/** Enters the directory to which a relative name refers. The task gets its own working directory later. */
function enterDirectory(task: Task, { name_dir }: UnixSkEntry): void {
  if (name_dir !== undefined) task.call.chdir(name_dir);
}

function connect(task: Task, socket: Value, name: Uint8Array): Call {
  const address = data(unixAddress(name));
  return task.call.connect(socket, address, address.bytes.length);
}
