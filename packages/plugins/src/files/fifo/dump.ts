import { definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { contentToImage } from "../pipe-content/format.ts";
import { readPipe } from "../pipe-content/read-pipe.ts";
import { regularEntry } from "../regular-file/regular-entry.ts";

/** Saves fifos with their content and capacity. Each has two entries in files.img: the fifo, and the path that opens it. */
export function fifos(): Plugin {
  return definePlugin({
    name: "fifos",
    duty: "fifos",
    phases: { inspect: "describes fifos", write: "saves the content and capacity of fifos" },
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
          if (saved.has(key) || file.descriptor === undefined) continue;
          saved.add(key);
          const content = readPipe(context, [file]);
          context.images.add("fifo_data", undefined, contentToImage(Number(file.stat.ino), content));
        }
      });
    },
  });
}

/** Whether a file is a fifo that was opened, not only found (O_PATH). */
function isFifo({ link, stat, flags }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.IFO && link.startsWith("/") && (flags & O.PATH) === 0;
}
