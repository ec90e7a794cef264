import { fdTypes } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { OpenFile } from "@restage/core";
import { readPipe } from "../pipe-content/dump.ts";
import { regularEntry } from "../regular-file/dump.ts";

/** Fifos with what is in them. Each stands in files.img twice: as what it is, and as the path by which it is opened. */
export function fifos(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "fifos",
    duty: "fifos",
    saves: [
      {
        group: "files",
        what: "fifos",
        saved: "content",
        shownBy: ["fixture files"],
      },
    ],
    apply({ describeFile, write }) {
      describeFile.tap("fifos", (file, tree) => {
        if (!isFifo(file)) return undefined;
        const path = tree.files.addEntry(file.task, (id) => ({ type: fdTypes.REG, reg: regularEntry(file, tree, id) }));
        return { type: fdTypes.FIFO, fifo: { id: file.id, pipe_id: Number(file.stat.ino), regf_id: path } };
      });
      write.tree.tap("fifos", (tree) => {
        const saved = new Set<string>();
        for (const file of tree.files.all.filter(isFifo)) {
          const key = `${file.stat.dev}:${file.stat.ino}`;
          if (saved.has(key) || file.holders.length === 0) continue;
          saved.add(key);
          const { bytes, capacity } = readPipe(tree, [file]);
          const value = { pipe_id: Number(file.stat.ino), bytes: bytes.length, size: capacity };
          tree.images.add("fifo_data", undefined, { value, extra: bytes });
        }
      });
    },
  });
}

function isFifo({ link, stat }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.IFO && link.startsWith("/");
}
