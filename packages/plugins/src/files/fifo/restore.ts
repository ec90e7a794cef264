import { definePlugin, type Plugin } from "@restage/core";
import { O } from "@restage/linux/abi";
import { OpenFiles } from "../open-files.ts";
import { fillPipe } from "../pipe-content/fill-pipe.ts";
import { flagsOfOpen, regularFile } from "../regular-file/regular-file.ts";

/**
 * RESTORE: opens fifos with their content and capacity. One task makes all open files of a fifo, because the content is lost when none is open.
 */
export function fifos(): Plugin {
  return definePlugin({
    name: "fifos",
    duty: "fifos",
    uses: [OpenFiles],
    stages: { RESTORE: "opens fifos with their content" },
    apply({ plan, openFile, fileGroup, service }) {
      const filled = new Set<number>();
      plan.tap("fifos", ({ images }) => {
        const hasFifos = [...images.files.values()].some(({ fifo }) => fifo !== undefined);
        // Finds a damaged image before any task exists.
        if (hasFifos) images.entries("fifo_data");
      });
      fileGroup.for("FIFO").tap("fifos", ({ fifo }) => (fifo === undefined ? undefined : `fifo ${fifo.pipe_id}`));
      openFile.for("FIFO").tap("fifos", ({ task, entry, images }) => {
        const { fifo } = entry;
        if (fifo === undefined) return undefined;
        const file = regularFile(images, fifo.regf_id ?? fifo.id, "a fifo in files.img");
        const location = service(OpenFiles).locate(task, file.id, "a fifo in files.img");
        // Opening one end waits for the other.
        const both = task.call.openat(...location, O.RDWR | O.CLOEXEC, 0);
        const descriptor = task.call.openat(...location, flagsOfOpen(file), 0);
        if (!filled.has(fifo.pipe_id)) fillPipe(task, images.entries("fifo_data"), fifo.pipe_id, both);
        filled.add(fifo.pipe_id);
        task.call.close(both);
        return descriptor;
      });
    },
  });
}
