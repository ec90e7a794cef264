import type { DumpContext, OpenFile } from "@restage/core";
import { fdTypes } from "@restage/images";
import { FS_MAGIC, O, S_IF } from "@restage/linux/abi";
import { fileSystemOf } from "../../file-system-of.ts";
import { externalName, isElsewhere, mountOf, rootOf } from "../../namespaces/mount/mount-of.ts";
import { DeadProcesses } from "../dead-process/dead-processes.ts";
import { isDeletedName, nameBeforeDeletion } from "../deleted-name.ts";
import { NO_OWNER } from "../file-owner/format.ts";
import { DeletedFiles } from "./deleted-files.ts";

/**
 * The name that files.img stores for a file. Notes a file whose name is gone: a later phase saves its content, or makes a link to it
 * (`--link-remap`).
 *
 * @param id the number of the entry in files.img.
 * @returns undefined for a file that has been refused because no path leads to it.
 */
export function nameFile(file: OpenFile, context: DumpContext, id: number): string | undefined {
  const { link, stat } = file;
  const pid = deadProcessOf(file, context);
  if (pid !== undefined) {
    const dead = context.service(DeadProcesses);
    if (!dead.has(pid)) dead.set(pid, id);
    return nameBeforeDeletion(link);
  }
  if (isReachable(file, context)) return link;
  // A terminal that has hung up: the restore makes one again, and closes its master.
  if (stat.nlink === 0 && fileSystemOf(context.host, file.proc)?.magic === BigInt(FS_MAGIC.DEVPTS))
    return nameBeforeDeletion(link);
  const obstacle = findObstacle(file, context);
  if (obstacle !== undefined) {
    const { what = "file", ...rest } = obstacle;
    context.findings.refuse({ what: `${what} ${nameBeforeDeletion(link)}`, ...rest, pid: file.task.pid });
    return undefined;
  }
  if (stat.nlink === 0) {
    const { ghosts } = context.service(DeletedFiles);
    const key = `${stat.dev}:${stat.ino}`;
    const ghost = ghosts.get(key);
    if (ghost === undefined) ghosts.set(key, { file, ids: [id] });
    else ghost.ids.push(id);
    return nameBeforeDeletion(link);
  }
  return nameByLink(file, context, id);
}

/** The process that a file in /proc/PID is about, if that process is gone. */
function deadProcessOf({ link, task }: OpenFile, { host }: DumpContext): number | undefined {
  const pid = /^\/proc\/(\d+)/.exec(link)?.[1];
  if (pid === undefined || host.inode(`${task.proc}/root/proc/${pid}`) !== undefined) return undefined;
  return Number(pid);
}

function isReachable(file: OpenFile, context: DumpContext): boolean {
  if (file.stat.nlink === 0) return false;
  // A copy of a mount (open_tree) shows the same files, but is another mount.
  if ((file.flags & O.PATH) !== 0 && isElsewhere(file, context)) return false;
  return leadsTo(context, rootOf(file, context) + file.link, file);
}

function leadsTo({ host }: DumpContext, path: string, { stat }: OpenFile): boolean {
  const isLink = (stat.mode & S_IF.MT) === S_IF.LNK;
  const found = host.inode(path, !isLink);
  return found !== undefined && found.ino === stat.ino && found.dev === stat.dev;
}

/** The file has another name somewhere. A new link beside the old name leads to it. */
function nameByLink(file: OpenFile, context: DumpContext, id: number): string | undefined {
  const { link, task } = file;
  const name = nameBeforeDeletion(link);
  if (!context.options.linkRemap || !isDeletedName(link)) {
    const why = "its path no longer leads to it, but another name does";
    const hint = isDeletedName(link) ? "allow a link beside the old name: --link-remap" : undefined;
    context.findings.refuse({ what: `file ${name}`, why, hint, pid: task.pid });
    return undefined;
  }
  const path = `${name.slice(0, name.lastIndexOf("/"))}/link_remap.${id}`;
  const linkId = context.files.addEntry(task, (linkId) => ({
    type: fdTypes.REG,
    reg: { ...linkEntry(file, path), ...mountOf(file, context), id: linkId },
  }));
  context.service(DeletedFiles).links.push({ file, id, linkId, path: rootOf(file, context) + path });
  return name;
}

interface Obstacle {
  readonly what?: string;
  readonly why: string;
  readonly hint?: string;
}

/** File systems of the kernel whose files have no path, by their magic numbers. */
const SPECIAL: Readonly<Record<string, Obstacle>> = {
  [FS_MAGIC.SECRETMEM]: { what: "secret memory (memfd_secret)", why: "only its process can read it" },
};

/** Why a restore could not open a file that no path leads to. */
function findObstacle(file: OpenFile, context: DumpContext): Obstacle | undefined {
  const magic = fileSystemOf(context.host, file.proc)?.magic;
  const special = SPECIAL[String(magic)];
  if (special !== undefined) return special;
  if (file.stat.nlink === 0 && magic === BigInt(FS_MAGIC.HUGETLBFS))
    return { what: "deleted file", why: "files of hugetlbfs cannot be written to" };
  if (!isElsewhere(file, context)) return undefined;
  const name = externalName(file, context);
  return {
    why: "its mount is detached (umount -l, open_tree, fsmount) or belongs to another mount namespace",
    hint: `keep it outside: --external '${name}', and for the restore --inherit-fd 'fd[NUMBER]:${name}'`,
  };
}

function linkEntry({ stat }: OpenFile, name: string) {
  const isFile = (stat.mode & S_IF.MT) === S_IF.REG;
  return { flags: 0, pos: 0n, fown: NO_OWNER, name, mode: stat.mode, ...(isFile ? { size: stat.size } : {}) };
}
