import { type DumpContext, RestoreError } from "@restage/core";
import { imageFileName } from "@restage/images";
import { AT, AT_FDCWD, errnoText, O, OPEN_TREE } from "@restage/linux/abi";
import { ownNamespace } from "../../own-namespaces.ts";
import type { Mountinfo } from "../mountinfo.ts";
import type { SeizedMounts } from "../seized-mounts.ts";
import { isHidden, openHidden } from "./hidden-mount.ts";
import { PROGRAMS_HINT, withOwnersInside } from "./tar.ts";

/** CRIU's options: numeric owners, sparse files, hard links. Source: CRIU criu/tar.c. */
const ARGUMENTS =
  "--create --gzip --no-unquote --no-wildcards --one-file-system --check-links --preserve-permissions --sparse --numeric-owner --xattrs";

/** Packs the content of a tmpfs into an archive, also what is below other mounts. Requires GNU tar. */
export function saveContent(mount: Mountinfo, namespace: SeizedMounts, context: DumpContext): void {
  const { host } = context;
  const directory = `${namespace.proc}/root${mount.mountPoint}`;
  const hidden = isHidden(mount, namespace, context);
  const bare = hidden ? openHidden(mount, namespace, context) : withoutMounts(directory, namespace, context);
  if (bare < 0) {
    if (hidden)
      throw new RestoreError("ERR_PLUGIN", `Cannot save the content of ${mount.mountPoint}: ${whyLost(bare)}`);
    const why = `its content below other mounts is not saved: open_tree() failed: ${errnoText(-bare)}`;
    context.findings.warn({ what: `mount ${mount.mountPoint}`, why });
    pack(mount, directory, context);
    return;
  }
  try {
    pack(mount, `/proc/${host.pid}/fd/${bare}`, context);
  } finally {
    host.call.close(bare);
  }
}

/** Refuses a tmpfs whose content nobody can reach, because another mount hides it. */
export function checkContent(mount: Mountinfo, namespace: SeizedMounts, context: DumpContext): void {
  if (!isHidden(mount, namespace, context)) return;
  const opened = openHidden(mount, namespace, context);
  if (opened >= 0) {
    context.host.call.close(opened);
    return;
  }
  const hint = `unmount what hides it, or keep the content outside: --external mnt[${mount.mountPoint}]:NAME`;
  context.findings.refuse({ what: `mount ${mount.mountPoint}`, why: whyLost(opened), hint });
}

function whyLost(result: number): string {
  return `another mount hides its content, and a copy of the mount namespace does not show it (${errnoText(-result)})`;
}

/**
 * A copy of a mount without the mounts below it, as a descriptor. A mount can be copied only in its own namespace.
 *
 * @returns the descriptor, or -errno: EINVAL when the namespace locks the mounts below, ENOSYS before Linux 5.2. Source: open_tree(2), mount_namespaces(7).
 */
function withoutMounts(directory: string, { proc }: SeizedMounts, { host }: DumpContext): number {
  const descriptor = host.call.openat(AT_FDCWD, directory, O.PATH | O.CLOEXEC, 0).result;
  const flags = OPEN_TREE.CLONE | OPEN_TREE.CLOEXEC | AT.EMPTY_PATH;
  const copy = host.insideMounts(`${proc}/ns/mnt`, () => host.attempt("open_tree", descriptor, "", flags));
  host.call.close(descriptor);
  return copy;
}

function pack({ device, mountPoint }: Mountinfo, directory: string, context: DumpContext): void {
  const { host, images } = context;
  const { root } = context.tree;
  const archive = images.pathOf(imageFileName("tmpfs_dev", device));
  const isOwn = ownNamespace(context, "user") !== undefined;
  const tar = ["tar", ...ARGUMENTS.split(" "), "--file", "-", "--directory", "/proc/self/fd/3", "."];
  const words = isOwn ? withOwnersInside(root.hostPid, tar) : tar;
  // The shell opens archive and directory before the program enters the user namespace, where it has no right to do so.
  const script = 'umask 077; archive=$1 directory=$2; shift 2; exec "$@" > "$archive" 3< "$directory"';
  const redirected = ["-c", script, "sh", archive, directory, ...words];
  const { status, errors } = host.runProgram("sh", redirected);
  if (status === 0) return;
  throw new RestoreError(
    "ERR_PLUGIN",
    `Cannot save the content of ${mountPoint}: ${words[0]} failed: ${errors.trim()}`,
    {
      hint: PROGRAMS_HINT,
    },
  );
}
