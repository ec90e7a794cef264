import { definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { readPipe } from "../pipe-content/dump.ts";
import { regularEntry } from "../regular-file/dump.ts";

/** Fifos with what is in them. Each stands in files.img twice: as what it is, and as the path by which it is opened. */
export function fifos(): Plugin {
  return definePlugin({
    name: "fifos",
    duty: "fifos",
    dump({ phases, describeFile }) {
      describeFile.tap("fifos", (file, context) => {
        if (!isFifo(file)) return undefined;
        const path = context.files.addEntry(file.task, (id) => ({
          type: fdTypes.REG,
          reg: regularEntry(file, context, id),
        }));
        return { type: fdTypes.FIFO, fifo: { id: file.id, pipe_id: Number(file.stat.ino), regf_id: path } };
      });
      phases.write.tree.tap("fifos", (_tree, context) => {
        const saved = new Set<string>();
        for (const file of context.files.all.filter(isFifo)) {
          const key = `${file.stat.dev}:${file.stat.ino}`;
          if (saved.has(key) || file.holders.length === 0) continue;
          saved.add(key);
          const { bytes, capacity } = readPipe(context, [file]);
          const value = { pipe_id: Number(file.stat.ino), bytes: bytes.length, size: capacity };
          context.images.add("fifo_data", undefined, { value, extra: bytes });
        }
      });
    },
  });
}

function isFifo({ link, stat }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.IFO && link.startsWith("/");
}
