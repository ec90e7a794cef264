import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { remapType } from "@restage/images";
import { AT, AT_FDCWD, S_IF } from "@restage/linux/abi";
import { mountOf } from "../../namespaces/mount/mount-of.ts";
import { DeletedFiles, type FilesWithoutNames } from "./deleted-files.ts";
import { ghostEntry } from "./ghost-entry.ts";

/** What the kernel puts behind a name that is gone. */
const DELETED = " (deleted)";

/**
 * The name under which an entry of files.img has a file. One that has none any more is noted: its content is saved, or a link is made for it
 * (`--link-remap`).
 *
 * @param id of the entry.
 * @returns undefined for a file whose path does not lead to it: it has been refused.
 */
export function nameFile(file: OpenFile, context: DumpContext, id: number): string | undefined {
  const deleted = context.service(DeletedFiles);
  const { link, stat } = file;
  const process = /^\/proc\/(\d+)/.exec(link)?.[1];
  if (process !== undefined && context.host.inode(`${file.task.proc}/root/proc/${process}`) === undefined) {
    const pid = Number(process);
    if (!deleted.deadProcesses.has(pid)) deleted.deadProcesses.set(pid, id);
    return stripped(link);
  }
  if (stat.nlink === 0) {
    const key = `${stat.dev}:${stat.ino}`;
    const ghost = deleted.ghosts.get(key);
    if (ghost === undefined) deleted.ghosts.set(key, { file, ids: [id] });
    else ghost.ids.push(id);
    return stripped(link);
  }
  if (leadsTo(context, `${file.task.proc}/root${link}`, file)) return link;
  return nameByLink(file, context, id);
}

function stripped(link: string): string {
  return link.endsWith(DELETED) ? link.slice(0, -DELETED.length) : link;
}

function leadsTo({ host }: DumpContext, path: string, { stat }: OpenFile): boolean {
  const found = host.inode(path);
  return found !== undefined && found.ino === stat.ino && found.dev === stat.dev;
}

/** It has another name somewhere: a new one beside the old one leads to it. */
function nameByLink(file: OpenFile, context: DumpContext, id: number): string | undefined {
  const { link, task } = file;
  const name = stripped(link);
  if (!context.options.linkRemap || !link.endsWith(DELETED)) {
    const why = "its path does not lead to it any more, but it has another name";
    const hint = link.endsWith(DELETED) ? "let a link be made for it with --link-remap" : undefined;
    context.findings.refuse({ what: `file ${name}`, why, hint, pid: task.pid });
    return undefined;
  }
  const path = `${name.slice(0, name.lastIndexOf("/"))}/link_remap.${id}`;
  const linkId = context.files.addEntry(task, (linkId) => ({
    type: 1,
    reg: { ...linkEntry(file, path), ...mountOf(file, context), id: linkId },
  }));
  context.service(DeletedFiles).links.push({ file, id, linkId, path });
  return name;
}

function linkEntry({ stat }: OpenFile, name: string) {
  return {
    flags: 0,
    pos: 0n,
    fown: { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 },
    name,
    mode: stat.mode,
    ...((stat.mode & S_IF.MT) === S_IF.REG ? { size: stat.size } : {}),
  };
}

/** What is in files whose names are gone, and links for those that have other names. */
export function deletedFiles(): Plugin {
  return definePlugin({
    name: "deleted-files",
    duty: "deleted-files",
    provides: [DeletedFiles],
    dump({ phases, filesDescribed, provide }) {
      const deleted: FilesWithoutNames = { ghosts: new Map(), links: [], deadProcesses: new Map() };
      provide(DeletedFiles, deleted);
      filesDescribed.tap("deleted-files", (_tree, { host, findings, options }) => {
        for (const { file } of deleted.ghosts.values()) {
          const { blocks = 0n } = host.inode(file.proc) ?? {};
          const size = 512n * blocks;
          if (size <= BigInt(options.ghostLimit)) continue;
          const why = `it has ${size} bytes and no name any more: more than is saved (${options.ghostLimit})`;
          const hint = "allow more with --ghost-limit";
          findings.refuse({ what: `deleted file ${file.link}`, why, hint, pid: file.task.pid });
        }
      });
      phases.write.tree.tap("deleted-files", (_tree, context) => {
        const remap = (orig_id: number, remap_id: number, remap_type: number) =>
          context.images.add("remap_fpath", undefined, { value: { orig_id, remap_id, remap_type } });
        let number = 0;
        for (const { file, ids } of deleted.ghosts.values()) {
          context.images.add("ghost_file", ++number, ghostEntry(context, file));
          for (const id of ids) remap(id, number, remapType.GHOST);
        }
        for (const { file, id, linkId, path } of context.service(DeletedFiles).links) {
          const { root } = { root: `${file.task.proc}/root` };
          context.host.call.linkat(AT_FDCWD, file.proc, AT_FDCWD, `${root}${path}`, AT.SYMLINK_FOLLOW);
          remap(id, linkId, remapType.LINKED);
        }
        for (const [pid, id] of deleted.deadProcesses) remap(id, pid, remapType.PROCFS);
      });
    },
  });
}
