import { type StageContext, type Task, type Value, words } from "@restage/core";
import type { MntEntry } from "@restage/images";
import { AT, MOUNT_ATTR, MOUNT_ATTR_SIZE, MS } from "@restage/linux/abi";

/** Flags of mount(2) and the attributes of mount_setattr(2) that they correspond to. */
const ATTRIBUTES = [
  [MS.RDONLY, MOUNT_ATTR.RDONLY],
  [MS.NOSUID, MOUNT_ATTR.NOSUID],
  [MS.NODEV, MOUNT_ATTR.NODEV],
  [MS.NOEXEC, MOUNT_ATTR.NOEXEC],
  [MS.NODIRATIME, MOUNT_ATTR.NODIRATIME],
  [MS.NOSYMFOLLOW, MOUNT_ATTR.NOSYMFOLLOW],
  [MS.NOATIME, MOUNT_ATTR.NOATIME],
] as const;
const ALL = ATTRIBUTES.reduce<number>((all, [, attribute]) => all | attribute, MOUNT_ATTR.ATIME);
/** Flags of mounts, not of file systems. Older images have both in `flags`. Source: CRIU criu/mount.c. */
const OF_MOUNTS =
  MS.NOSUID |
  MS.NODEV |
  MS.NOEXEC |
  MS.NOATIME |
  MS.NODIRATIME |
  MS.RELATIME |
  MS.UNBINDABLE |
  MS.PRIVATE |
  MS.SLAVE |
  MS.SHARED;

/** Flags for mount(2) of a new file system. */
export function flagsOfFileSystem({ flags, sb_flags }: MntEntry): number {
  return sb_flags ?? flags & ~OF_MOUNTS;
}

/** Makes a mount private, and sets exactly its flags. Requires Linux 5.12. */
export function setAttributes(task: Task, mount: Value, entry: MntEntry): void {
  const flags = entry.sb_flags === undefined ? entry.flags & OF_MOUNTS : entry.flags;
  const set = ATTRIBUTES.reduce<number>((all, [flag, attribute]) => ((flags & flag) === 0 ? all : all | attribute), 0);
  const hasOther = (flags & (MS.NOATIME | MS.RELATIME)) !== 0;
  const attributes = hasOther ? set : set | MOUNT_ATTR.STRICTATIME;
  const propagation = (flags & MS.UNBINDABLE) === 0 ? MS.PRIVATE : MS.UNBINDABLE;
  setattr(task, mount, words(attributes, ALL, propagation, 0));
}

/** @param propagation MS.SHARED or MS.SLAVE. */
export function setPropagation(task: Task | StageContext["stub"], mount: Value, propagation: number): void {
  setattr(task, mount, words(0, 0, propagation, 0));
}

function setattr(task: Task | StageContext["stub"], mount: Value, attributes: ReturnType<typeof words>): void {
  task.call.mount_setattr(mount, "", AT.EMPTY_PATH, attributes, MOUNT_ATTR_SIZE);
}
