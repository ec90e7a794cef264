import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { AT, AT_FDCWD } from "@restage/linux/abi";
import { asRootOf } from "../../namespaces/user/as-root.ts";
import { idsInside } from "../../namespaces/user/ids-inside.ts";
import { addRemap } from "../remaps.ts";
import { DeletedFiles, type FilesWithoutNames } from "./deleted-files.ts";
import { ghostEntry } from "./ghost-entry.ts";

/** Bytes of a block as stat(2) counts them. */
const BLOCK = 512n;

/** Saves the content of files that have no name, and makes links for files that have another one. */
export function deletedFiles(): Plugin {
  return definePlugin({
    name: "deleted-files",
    duty: "deleted-files",
    provides: [DeletedFiles],
    phases: {
      inspect: "refuses deleted files larger than --ghost-limit",
      write: "saves deleted files, and makes links for files that have another name (--link-remap)",
    },
    dump({ phases, filesDescribed, provide }) {
      const deleted: FilesWithoutNames = { ghosts: new Map(), links: [] };
      provide(DeletedFiles, deleted);
      filesDescribed.tap("deleted-files", (_tree, context) => {
        for (const { file } of deleted.ghosts.values()) checkSize(file, context);
      });
      phases.write.tree.tap("deleted-files", (_tree, context) => {
        const { host, images } = context;
        let number = 0;
        // CRIU removes what it made again in the order of the images, and a directory must be empty by then.
        const ghosts = [...deleted.ghosts.values()].sort((a, b) => depthOf(b.file) - depthOf(a.file));
        for (const { file, ids } of ghosts) {
          images.add("ghost_file", ++number, ghostEntry(context, file));
          for (const id of ids) addRemap(images, { id, kind: "ghost", source: number });
        }
        for (const { file, id, linkId, path } of deleted.links) {
          asRootOf(host, idsInside(context).owner, () =>
            host.call.linkat(AT_FDCWD, file.proc, AT_FDCWD, path, AT.SYMLINK_FOLLOW),
          );
          addRemap(images, { id, kind: "link", source: linkId });
        }
      });
    },
  });
}

function depthOf({ link }: OpenFile): number {
  return link.split("/").length;
}

function checkSize({ proc, link, task }: OpenFile, { host, findings, options }: DumpContext): void {
  const { blocks = 0n } = host.inode(proc) ?? {};
  const size = BLOCK * blocks;
  if (size <= BigInt(options.ghostLimit)) return;
  findings.refuse({
    what: `deleted file ${link}`,
    why: `its ${size} bytes exceed the limit of ${options.ghostLimit} for a file without a name`,
    hint: "raise the limit: --ghost-limit",
    pid: task.pid,
  });
}
