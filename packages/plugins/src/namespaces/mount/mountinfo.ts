import type { Host } from "@restage/core";
import { MS } from "@restage/linux/abi";

/** A mount as a process sees it. Source: proc_pid_mountinfo(5). */
export interface Mountinfo {
  readonly id: number;
  readonly parent: number;
  /** The superblock's device, in the kernel's encoding. */
  readonly device: number;
  /** The directory of its file system that it shows. */
  readonly root: string;
  readonly mountPoint: string;
  /** MS_* of the mount. */
  readonly flags: number;
  /** Peer group, 0 for none. */
  readonly shared: number;
  /** Peer group from which it receives, 0 for none. */
  readonly master: number;
  readonly type: string;
  readonly source: string;
  /** MS_* of the file system. */
  readonly superFlags: number;
  /** Other options of the file system. */
  readonly options: string;
}

const MOUNT_FLAGS: Readonly<Record<string, number>> = {
  ro: MS.RDONLY,
  nosuid: MS.NOSUID,
  nodev: MS.NODEV,
  noexec: MS.NOEXEC,
  noatime: MS.NOATIME,
  nodiratime: MS.NODIRATIME,
  relatime: MS.RELATIME,
  nosymfollow: MS.NOSYMFOLLOW,
  rw: 0,
};
const SUPER_FLAGS: Readonly<Record<string, number>> = {
  ro: MS.RDONLY,
  sync: MS.SYNCHRONOUS,
  dirsync: MS.DIRSYNC,
  mand: MS.MANDLOCK,
  lazytime: MS.LAZYTIME,
  rw: 0,
};

/** The mounts that a process can reach from its root. @param proc its directory in /proc. */
export function readMountinfo(host: Host, proc: string): readonly Mountinfo[] {
  return (host.readText(`${proc}/mountinfo`, "utf8") ?? "").split("\n").filter(Boolean).map(parse);
}

function parse(line: string): Mountinfo {
  const [before = "", after = ""] = line.split(" - ");
  const [id, parent, device = "0:0", root = "/", mountPoint = "/", flags = "", ...fields] = before.split(" ");
  const [type = "", source = "", superOptions = ""] = after.split(" ");
  const [major = 0, minor = 0] = device.split(":").map(Number);
  const group = (name: string) => Number(fields.find((field) => field.startsWith(`${name}:`))?.split(":")[1] ?? 0);
  const [shared, master] = [group("shared"), group("master")];
  const propagation =
    (shared === 0 ? 0 : MS.SHARED) |
    (master === 0 ? 0 : MS.SLAVE) |
    (fields.includes("unbindable") ? MS.UNBINDABLE : 0);
  const all = superOptions.split(",");
  return {
    id: Number(id),
    parent: Number(parent),
    device: major * (1 << 20) + minor,
    root: unescaped(root),
    mountPoint: unescaped(mountPoint),
    flags: atimeFlags(sum(flags.split(","), MOUNT_FLAGS)) | propagation,
    shared,
    master,
    type,
    source: unescaped(source),
    superFlags: sum(all, SUPER_FLAGS),
    options: all.filter((option) => SUPER_FLAGS[option] === undefined).join(","),
  };
}

/** The kernel does not show that access times are always written. */
function atimeFlags(flags: number): number {
  return (flags & (MS.NOATIME | MS.RELATIME)) === 0 ? flags | MS.STRICTATIME : flags;
}

function sum(names: readonly string[], flags: Readonly<Record<string, number>>): number {
  return names.reduce((all, name) => all | (flags[name] ?? 0), 0);
}

/** Decodes spaces and similar characters, which mountinfo shows as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
