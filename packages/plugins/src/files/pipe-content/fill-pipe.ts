import { data, type Task, type Value } from "@restage/core";
import type { Entry } from "@restage/images";
import { F } from "@restage/linux/abi";
import { contentsFromImage } from "./format.ts";

/** The capacity of a new pipe, in bytes. Source: pipe(7). */
const DEFAULT_CAPACITY = 65536;

/** Restores the capacity and the content of a pipe or fifo. A capacity above fs.pipe-max-size requires CAP_SYS_RESOURCE. */
export function fillPipe(
  task: Task,
  entries: readonly Entry<"pipes_data" | "fifo_data">[],
  pipeId: number,
  write: Value,
): void {
  for (const { bytes, capacity = DEFAULT_CAPACITY } of contentsFromImage(entries, pipeId)) {
    if (capacity !== DEFAULT_CAPACITY) {
      const hint = "raise fs.pipe-max-size, which the capacity exceeds, or give this process CAP_SYS_RESOURCE";
      task.call.fcntl(write, F.SETPIPE_SZ, capacity).hint(hint);
    }
    if (bytes.length > 0) task.call.write(write, data(bytes), bytes.length).expect(bytes.length);
  }
}
