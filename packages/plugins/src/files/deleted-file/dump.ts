import { statSync } from "node:fs";
import { remapType } from "@restage/images";
import { AT, AT_FDCWD, S_IF } from "@restage/linux/abi";
import { mountOf } from "../../namespaces/mount/mount-of.ts";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import { ghostEntry } from "./ghost-entry.ts";
import type { OpenFile } from "@restage/core";

/** What the kernel puts behind a name that is gone. */
const DELETED = " (deleted)";

/** A file whose name is gone, and the entries of files.img that are about it. */
interface Ghost {
  readonly file: OpenFile;
  readonly ids: number[];
}

/** Files of the tree whose names are gone. */
export class DeletedFiles {
  readonly ghosts: Map<string, Ghost> = new Map();
  readonly links: { readonly file: OpenFile; readonly id: number; readonly linkId: number; readonly path: string }[] =
    [];
  readonly deadProcesses: Map<number, number> = new Map();
}

/**
 * The name under which an entry of files.img has a file. One that has none any more is noted: its content is saved, or a link is made for it
 * (`--link-remap`).
 *
 * @param id of the entry.
 * @returns undefined for a file whose path does not lead to it: it has been refused.
 */
export function nameFile(file: OpenFile, tree: FrozenTree, id: number): string | undefined {
  const { link, stat } = file;
  const process = /^\/proc\/(\d+)/.exec(link)?.[1];
  if (process !== undefined && !exists(`${file.task.proc}/root/proc/${process}`)) {
    const pid = Number(process);
    if (!tree.deleted.deadProcesses.has(pid)) tree.deleted.deadProcesses.set(pid, id);
    return stripped(link);
  }
  if (stat.nlink === 0) {
    const key = `${stat.dev}:${stat.ino}`;
    const ghost = tree.deleted.ghosts.get(key);
    if (ghost === undefined) tree.deleted.ghosts.set(key, { file, ids: [id] });
    else ghost.ids.push(id);
    return stripped(link);
  }
  if (leadsTo(`${file.task.proc}/root${link}`, file)) return link;
  return nameByLink(file, tree, id);
}

function stripped(link: string): string {
  return link.endsWith(DELETED) ? link.slice(0, -DELETED.length) : link;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function leadsTo(path: string, { stat }: OpenFile): boolean {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.ino === stat.ino && found.dev === stat.dev;
}

/** It has another name somewhere: a new one beside the old one leads to it. */
function nameByLink(file: OpenFile, tree: FrozenTree, id: number): string | undefined {
  const { link, task } = file;
  const name = stripped(link);
  if (!tree.options.linkRemap || !link.endsWith(DELETED)) {
    const why = "its path does not lead to it any more, but it has another name";
    const hint = link.endsWith(DELETED) ? "let a link be made for it with --link-remap" : undefined;
    tree.findings.refuse({ what: `file ${name}`, why, hint, pid: task.pid });
    return undefined;
  }
  const path = `${name.slice(0, name.lastIndexOf("/"))}/link_remap.${id}`;
  const linkId = tree.files.addEntry(task, (linkId) => ({
    type: 1,
    reg: { ...linkEntry(file, path), ...mountOf(file, tree), id: linkId },
  }));
  tree.deleted.links.push({ file, id, linkId, path });
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
export function deletedFiles(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "deleted-files",
    duty: "deleted-files",
    saves: [
      {
        group: "files",
        what: "deleted files",
        saved:
          "content up to `--ghost-limit`; links for those with other names with `--link-remap`; /proc of dead processes",
        refused: "files that are open by a name that leads elsewhere",
        shownBy: ["fixture files", "case deleted-files", "case link-remaps", "case dead-processes"],
      },
    ],
    apply({ described, write }) {
      described.tap("deleted-files", ({ deleted, findings, options }) => {
        for (const { file } of deleted.ghosts.values()) {
          const { blocks } = statSync(file.proc);
          if (512 * blocks <= options.ghostLimit) continue;
          const why = `it has ${512 * blocks} bytes and no name any more: more than is saved (${options.ghostLimit})`;
          const hint = "allow more with --ghost-limit";
          findings.refuse({ what: `deleted file ${file.link}`, why, hint, pid: file.task.pid });
        }
      });
      write.tree.tap("deleted-files", (tree) => {
        const remap = (orig_id: number, remap_id: number, remap_type: number) =>
          tree.images.add("remap_fpath", undefined, { value: { orig_id, remap_id, remap_type } });
        let number = 0;
        for (const { file, ids } of tree.deleted.ghosts.values()) {
          tree.images.add("ghost_file", ++number, ghostEntry(tree, file));
          for (const id of ids) remap(id, number, remapType.GHOST);
        }
        for (const { file, id, linkId, path } of tree.deleted.links) {
          const { root } = { root: `${file.task.proc}/root` };
          tree.host.call.linkat(AT_FDCWD, file.proc, AT_FDCWD, `${root}${path}`, AT.SYMLINK_FOLLOW);
          remap(id, linkId, remapType.LINKED);
        }
        for (const [pid, id] of tree.deleted.deadProcesses) remap(id, pid, remapType.PROCFS);
      });
    },
  });
}
