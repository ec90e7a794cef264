import { type Plan, struct, type Task, words } from "@restage/core";
import { type AutofsEntry, fstype, type MntEntry } from "@restage/images";
import { AT_FDCWD, AUTOFS_DEV_IOCTL, AUTOFS_IOC, O } from "@restage/linux/abi";
import { keepProc, type Location } from "../../files/location.ts";
import { type Mount, relative } from "./mount-tree.ts";

/** Kinds of autofs mounts, by their number in images. Source: CRIU criu/autofs.c. */
const MODES = ["direct", "indirect", "offset"] as const;
/** The descriptor of a mount that no daemon serves. */
const CATATONIC = -1;

/** An autofs of the checkpoint. */
export interface Autofs {
  readonly entry: AutofsEntry;
  /** Directories in it on which something is mounted. */
  readonly directories: readonly string[];
  /** The number in every task of a descriptor of its root, and of one of /dev/autofs. */
  readonly root: number;
  readonly control: number;
  /** Where its daemon opens the pipe's other end again. */
  readonly link: Location;
}

/** Finds the autofs mounts of a checkpoint, by device. Must be called while planning. */
export function readAutofs(plan: Plan, mounts: readonly Mount[]): ReadonlyMap<number, Autofs> {
  const found = new Map<number, Autofs>();
  for (const { entry: mount } of mounts) {
    const { root_dev: device } = mount;
    if (found.has(device) || !isAutofs(plan, mount)) continue;
    const entry = plan.images.value("autofs", device);
    const control = plan.serviceDescriptors.keepOpen("/dev/autofs");
    if (plan.host.stat("/dev/autofs") === "missing")
      plan.refuse({ what: `mount ${mount.mountpoint}`, why: "this machine has no /dev/autofs", remedy: "machine" });
    found.set(device, {
      entry,
      directories: mounts.flatMap((child) => directoryOn(device, child)),
      root: plan.serviceDescriptors.reserve(`autofs ${device}`),
      control,
      link: keepProc(plan)(`self/fd/${entry.read_fd}`),
    });
  }
  return found;
}

/** Whether a mount belongs to an autofs that the images describe. */
export function isAutofs({ images }: Pick<Plan, "images">, mount: MntEntry): boolean {
  return mount.fstype === fstype.AUTOFS && images.entries("autofs", mount.root_dev).length > 0;
}

function directoryOn(device: number, { entry, parent }: Mount): readonly string[] {
  if (parent?.entry.root_dev !== device || entry.mountpoint === parent.entry.mountpoint) return [];
  return [relative(entry.mountpoint, parent.entry.mountpoint)];
}

/** Mounts an autofs that no daemon serves yet. */
export function mountAutofs({ call, pid }: Task, autofs: Autofs, source: string, name: string, flags: number): void {
  const { entry, directories } = autofs;
  const [read, write] = call.pipe2(O.CLOEXEC);
  // The options must name the end before the call that makes it has run.
  call.dup3(write, autofs.root, O.CLOEXEC);
  call.mount(source, name, "autofs", flags, mountOptions(entry, autofs.root, isWalked(autofs) ? undefined : pid));
  for (const directory of new Set(directories)) call.mkdirat(AT_FDCWD, `${name}/${directory}`, 0o555);
  const top = call.openat(AT_FDCWD, name, O.RDONLY | O.DIRECTORY | O.CLOEXEC, 0);
  call.ioctl(top, AUTOFS_IOC.SETTIMEOUT, words(entry.timeout));
  call.ioctl(top, AUTOFS_IOC.CATATONIC, 0);
  call.dup3(top, autofs.root, O.CLOEXEC);
  for (const descriptor of [read, write, top]) call.close(descriptor);
}

/**
 * Whether the mounting task must access files in the autofs. Only the process group in the mount options can do so without waking a daemon. Without that
 * option, it is the group of the mounting task. If that group is in another pid namespace, no daemon of this one can take the mount over.
 */
function isWalked({ entry, directories }: Autofs): boolean {
  return directories.length > 0 || MODES[entry.mode] !== "indirect";
}

/**
 * The options of a new mount.
 *
 * @param pipe the end that the kernel writes to.
 * @param group the process group of its daemon; without it, that of the mounting task. Source: Linux Documentation/filesystems/autofs.rst.
 */
function mountOptions(entry: AutofsEntry, pipe: number, group: number | undefined): string {
  const { minproto, maxproto, mode, uid, gid } = entry;
  const owner = [uid === undefined ? [] : `uid=${uid}`, gid === undefined ? [] : `gid=${gid}`].flat();
  const pgrp = group === undefined ? [] : [`pgrp=${group}`];
  return [`fd=${pipe}`, ...pgrp, `minproto=${minproto}`, `maxproto=${maxproto}`, MODES[mode] ?? "", ...owner].join(",");
}

/** The daemon of an autofs takes it over, with its own pipe and process group. */
export function serveAutofs({ call }: Task, { entry, root, control, link }: Autofs): void {
  if (entry.fd === CATATONIC) return;
  // The daemon may have closed the end that the kernel writes to.
  const pipe = entry.read_fd === undefined ? entry.fd : call.openat(...link, O.WRONLY | O.CLOEXEC, 0);
  const { SIZE, VERSION_MAJOR, VERSION_MINOR } = AUTOFS_DEV_IOCTL;
  const request = struct([4, VERSION_MAJOR], [4, VERSION_MINOR], [4, SIZE], [4, root], [4, pipe], [4, 0]);
  call.ioctl(control, AUTOFS_DEV_IOCTL.SETPIPEFD, request);
  if (typeof pipe !== "number") call.close(pipe);
}
