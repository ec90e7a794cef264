import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import type { InputOf, MntEntry } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { externalResource } from "../external-resources.ts";
import { ownNamespace } from "../own-namespaces.ts";
import { idsInside } from "../user/ids-inside.ts";
import { saveFormats } from "./binary-formats/dump.ts";
import { fileSystemNumber, isDeletedRoot } from "./format.ts";
import { type Mountinfo, readMountinfo } from "./mountinfo.ts";
import { checkContent, saveContent } from "./tmpfs-content/dump.ts";

/**
 * Saves the mounts of a tree with a mount namespace of its own, with the content of its tmpfs. The user must name mounts that come from outside
 * (`--external mnt[MOUNTPOINT]:NAME`); a restore says what replaces them.
 */
export function mountNamespaces(): Plugin {
  return definePlugin({
    name: "mount-namespaces",
    duty: "mount-namespaces",
    phases: {
      inspect: "refuses mounts that a restore could not make",
      write: "saves all mounts, and the content of tmpfs and binfmt_misc",
    },
    dump({ phases }) {
      let mounts: readonly Mountinfo[] = [];
      phases.inspect.tree.tap("mount-namespaces", ({ root }, context) => {
        if (ownNamespace(context, "mount") === undefined) return;
        mounts = readMounts(root.proc, context);
        for (const mount of mounts) check(mount, mounts, context);
        for (const mount of tmpfsOf(mounts, context)) checkContent(mount, mounts, context);
      });
      phases.write.tree.tap("mount-namespaces", (_tree, context) => {
        const id = ownNamespace(context, "mount");
        if (id === undefined) return;
        // In CRIU's order: the newest first.
        for (const mount of mounts.toReversed()) context.images.add("mnts", id, { value: entryOf(mount, context) });
        saveFormats(mounts, context);
        for (const mount of tmpfsOf(mounts, context)) saveContent(mount, mounts, context);
      });
    },
  });
}

/** The kernel shows the root of a mount of cgroups as the reader's cgroup namespace does. */
function readMounts(proc: string, context: DumpContext): readonly Mountinfo[] {
  const read = () => readMountinfo(context.host, proc);
  if (ownNamespace(context, "cgroup") === undefined) return read();
  return context.host.inside(`${proc}/ns/cgroup`, "cgroup", read);
}

function entryOf(mount: Mountinfo, context: DumpContext): InputOf<MntEntry> {
  const name = nameOf(mount, context);
  return {
    fstype: fileSystemNumber(mount.type) ?? 0,
    mnt_id: mount.id,
    root_dev: mount.device,
    parent_mnt_id: mount.parent,
    flags: mount.flags,
    root: mount.root,
    mountpoint: mount.mountPoint,
    source: mount.source,
    options: optionsInside(mount.options, context),
    shared_id: mount.shared,
    master_id: mount.master,
    sb_flags: mount.superFlags,
    ...(name === undefined ? {} : { ext_key: name }),
  };
}

/** Translates the owners in mount options, which mountinfo shows as ids of this process. Source: show_options of fs/. */
function optionsInside(options: string, context: DumpContext): string {
  const ids = idsInside(context);
  return options.replace(
    /(?<=^|,)(uid|gid)=(\d+)/g,
    (_, name: "uid" | "gid", id) => `${name}=${ids[name](Number(id))}`,
  );
}

/** The name that the user gave to a mount from outside. */
function nameOf({ mountPoint }: Mountinfo, { options }: DumpContext): string | undefined {
  const name = externalResource(options.external, "mnt", mountPoint);
  return name === "" ? mountPoint : name;
}

/** One mount of each tmpfs of the tree that shows all of it. */
function tmpfsOf(mounts: readonly Mountinfo[], context: DumpContext): readonly Mountinfo[] {
  const whole = mounts.filter(({ type, root }) => type === "tmpfs" && root === "/");
  const byDevice = new Map(whole.map((mount) => [mount.device, mount]));
  return [...byDevice.values()].filter((mount) => nameOf(mount, context) === undefined);
}

function check(mount: Mountinfo, mounts: readonly Mountinfo[], context: DumpContext): void {
  const isRoot = mounts.every(({ id }) => id !== mount.parent);
  if (isRoot || nameOf(mount, context) !== undefined) return;
  const refuse = (why: string) => {
    const hint = `if it comes from outside, name it: --external mnt[${mount.mountPoint}]:NAME`;
    context.findings.refuse({ what: `mount ${mount.mountPoint}`, why, hint });
  };
  if (isDeletedRoot(mount.root)) {
    const why = lossOfDeleted(mount, context);
    if (why !== undefined) {
      refuse(why);
      return;
    }
    const what = `mount ${mount.mountPoint}`;
    const warning = "what was bound there has been deleted: its owner and permissions will not come back";
    context.findings.warn({ what, why: warning });
  }
  const isShown = mounts.some(
    (other) => other !== mount && other.device === mount.device && shows(other, mount, context),
  );
  if (isShown) return;
  if (fileSystemNumber(mount.type) === undefined)
    refuse(`its file system (${mount.type}, ${mount.source}) is outside the tree`);
  else if (mount.root !== "/") refuse("its file system has no mount that shows all of it");
}

/** Why a deleted file or directory that a mount shows cannot come back: a restore makes an empty one, and deletes it. */
function lossOfDeleted({ mountPoint }: Mountinfo, { host, tree }: DumpContext): string | undefined {
  const what = "what was bound there has been deleted";
  const found = host.inode(`${tree.root.proc}/root${mountPoint}`);
  if (found === undefined) return `${what}, and it cannot be reached`;
  if (found.nlink !== 0) return `${what}, and it has another name or is hidden by another mount`;
  const type = found.mode & S_IF.MT;
  if (type === S_IF.DIR) return undefined;
  if (type !== S_IF.REG) return `${what}, and it is not a directory or regular file`;
  return found.size === 0n ? undefined : `${what}, and it has content`;
}

/** Whether a mount shows everything that another one shows: one from outside, or one that shows more. */
function shows(other: Mountinfo, mount: Mountinfo, context: DumpContext): boolean {
  if (other.root === mount.root) return nameOf(other, context) !== undefined;
  return other.root === "/" || mount.root.startsWith(`${other.root}/`);
}
