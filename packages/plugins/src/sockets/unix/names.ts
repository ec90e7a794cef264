import { type Call, data, type Task, type Value } from "@restage/core";
import { encodeText, type UnixSkEntry } from "@restage/images";
import type { Data } from "@restage/linux";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { pathIn, unixAddress } from "./format.ts";
import { isBound, pathOf } from "./graph.ts";

const PERMISSIONS = 0o7777;

/** Where the file of a socket is made when its own place is not free, or not open to the tree. */
export interface Aside {
  /** The directory below which its name is looked up. */
  readonly root: string;
  readonly path: string;
}

/** Binds sockets to their names, and connects other sockets to them. */
export class SocketNames {
  readonly #isConfined: (entry: UnixSkEntry) => boolean;

  /** @param isConfined whether the tasks might not be able to write to the directory of a socket: its file is moved there later. */
  constructor(isConfined: (entry: UnixSkEntry) => boolean) {
    this.#isConfined = isConfined;
  }

  /** The place of the file of a socket that is deleted again, or moved later; undefined for other sockets. */
  asideOf(entry: UnixSkEntry): Aside | undefined {
    const path = pathOf(entry);
    if (path === undefined || !(entry.deleted === true || (path.startsWith("/") && this.#isConfined(entry))))
      return undefined;
    const root = `${path.slice(0, path.lastIndexOf("/") + 1)}.restage-${entry.ino}`;
    // No path leads above the root directory.
    return { root, path: `${root}/${(pathIn(entry.name) ?? "").replace(/^\/*(\.\.\/+)*/, "")}` };
  }

  /** Binds a socket to its name. Its file gets owner and mode. */
  bind(task: Task, socket: Value, entry: UnixSkEntry): void {
    if (!isBound(entry)) return;
    const aside = this.asideOf(entry);
    if (aside !== undefined) {
      bindAside(task, socket, entry, aside);
      return;
    }
    const path = pathOf(entry);
    enterDirectory(task, entry);
    bind(task, socket, entry).hint(
      path === undefined
        ? "its abstract name is in use: end the process that has it, or rewrite the name with the hook entries.unixsk"
        : "its path is in use, or its directory is missing: free the path, or rewrite the name with the hook entries.unixsk",
    );
    if (path !== undefined) setPermissions(task, entry, path);
  }

  /** Connects a socket to the name of another one. */
  connect(task: Task, socket: Value, peer: UnixSkEntry): Call {
    const address = this.addressFor(task, peer);
    return task.call.connect(socket, address, address.bytes.length);
  }

  /** The address of a socket with a name, wherever its file is now. The task may enter another directory for it. */
  addressFor(task: Task, peer: UnixSkEntry): Data {
    const aside = this.asideOf(peer);
    if (aside === undefined) {
      enterDirectory(task, peer);
      return data(unixAddress(peer.name));
    }
    // From its directory, because the whole path may be too long for an address.
    const slash = aside.path.lastIndexOf("/");
    task.call.chdir(aside.path.slice(0, slash));
    return data(unixAddress(encodeText(`${aside.path.slice(slash + 1)}\0`)));
  }

  /** Deletes the file of a deleted socket again, now that its peers are connected. */
  deleteAgain(task: Task, entry: UnixSkEntry): void {
    const aside = this.asideOf(entry);
    if (entry.deleted === true && aside !== undefined && isBound(entry)) task.call.unlinkat(AT_FDCWD, aside.path, 0);
  }
}

/**
 * Binds a socket whose name is looked up below a directory of its own, so that the file which has its path now stays where it is. Peers connect to its
 * file there.
 */
function bindAside(task: Task, socket: Value, entry: UnixSkEntry, aside: Aside): void {
  const root = task.call.openat(AT_FDCWD, "/", O.PATH | O.DIRECTORY | O.CLOEXEC);
  task.call.chroot(aside.root);
  task.call.chdir("/");
  bind(task, socket, entry);
  task.call.fchdir(root);
  task.call.chroot(".");
  task.call.close(root);
  setPermissions(task, entry, aside.path);
}

function bind(task: Task, socket: Value, { name }: UnixSkEntry): Call {
  const address = data(unixAddress(name));
  return task.call.bind(socket, address, address.bytes.length);
}

function setPermissions(task: Task, { file_perms }: UnixSkEntry, path: string): void {
  if (file_perms === undefined) return;
  task.call.fchownat(AT_FDCWD, path, file_perms.uid, file_perms.gid, 0);
  task.call.fchmodat(AT_FDCWD, path, file_perms.mode & PERMISSIONS);
}

/** Enters the directory to which a relative name refers. The task gets its own working directory later. */
function enterDirectory(task: Task, { name_dir }: UnixSkEntry): void {
  if (name_dir !== undefined) task.call.chdir(name_dir);
}
