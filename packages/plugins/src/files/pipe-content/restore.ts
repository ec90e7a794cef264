import { data, type Task, type Value } from "@restage/core";
import type { Entry } from "@restage/images";
import { F } from "@restage/linux/abi";

/** Capacity of a pipe that nobody changed, in bytes. Source: pipe(7). */
const DEFAULT_CAPACITY = 65536;

/** Gives a pipe or fifo its capacity and content. A capacity above fs.pipe-max-size requires CAP_SYS_RESOURCE. */
export function fillPipe(
  task: Task,
  contents: readonly Entry<"pipes_data" | "fifo_data">[],
  pipeId: number,
  write: Value,
): void {
  for (const { value, extra } of contents) {
    if (value.pipe_id !== pipeId) continue;
    if (value.size !== undefined && value.size !== DEFAULT_CAPACITY) {
      const hint = "the capacity is above fs.pipe-max-size: raise it, or restore with CAP_SYS_RESOURCE";
      task.call.fcntl(write, F.SETPIPE_SZ, value.size).hint(hint);
    }
    if (extra.length > 0) task.call.write(write, data(extra), extra.length).expect(extra.length);
  }
}
