import { fdTypes } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import { ownerOf } from "../file-owner/dump.ts";
import type { OpenFile } from "@restage/core";
import { readPipe } from "../pipe-content/dump.ts";

/** Pipes with what is in them. */
export function pipes(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "pipes",
    duty: "pipes",
    saves: [
      {
        group: "files",
        what: "pipes",
        saved: "content and capacity",
        shownBy: ["fixture pipes"],
      },
    ],
    apply({ describeFile, write }) {
      describeFile.tap("pipes", (file, tree) => {
        if (!isPipe(file)) return undefined;
        const { id, flags } = file;
        return { type: fdTypes.PIPE, pipe: { id, pipe_id: Number(file.stat.ino), flags, fown: ownerOf(file, tree) } };
      });
      write.tree.tap("pipes", (tree) => {
        const saved = new Set<bigint>();
        for (const file of tree.files.all.filter(isPipe)) {
          if (saved.has(file.stat.ino)) continue;
          saved.add(file.stat.ino);
          warnOfOutsiders(file, tree);
          const { bytes, capacity } = readPipe(tree, endsOf(file, tree));
          const value = { pipe_id: Number(file.stat.ino), bytes: bytes.length, size: capacity };
          tree.images.add("pipes_data", undefined, { value, extra: bytes });
        }
      });
    },
  });
}

function isPipe({ link, stat }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.IFO && link.startsWith("pipe:");
}

function endsOf({ stat }: OpenFile, { files }: FrozenTree): readonly OpenFile[] {
  return files.all.filter((file) => isPipe(file) && file.stat.ino === stat.ino);
}

/** An end that nobody in the tree has is somebody else's, or nobody's. */
function warnOfOutsiders(file: OpenFile, tree: FrozenTree): void {
  const ends = endsOf(file, tree);
  const has = (way: number) => ends.some(({ flags }) => [way, O.RDWR].includes(flags & O.ACCMODE));
  if (has(O.RDONLY) && has(O.WRONLY)) return;
  const why = "its other end is outside the tree, if anywhere: give the restore another one with --inherit-fd";
  tree.findings.warn({ what: file.link, why, pid: file.task.pid });
}
