import { data, type Task, type Value } from "@restage/core";
import type { Entry } from "@restage/images";
import { F, O } from "@restage/linux/abi";
import { contentsFromImage } from "./format.ts";

/** The capacity of a new pipe, in bytes. Source: pipe(7). */
const DEFAULT_CAPACITY = 65536;

/**
 * Restores the capacity and the content of a pipe or fifo. A capacity above fs.pipe-max-size requires CAP_SYS_RESOURCE.
 *
 * @param packets the bytes of each packet of the content; without them, it has no packets.
 */
export function fillPipe(
  task: Task,
  entries: readonly Entry<"pipes_data" | "fifo_data">[],
  pipeId: number,
  write: Value,
  packets: readonly number[] = [],
): void {
  for (const { bytes, capacity = DEFAULT_CAPACITY } of contentsFromImage(entries, pipeId)) {
    if (capacity !== DEFAULT_CAPACITY) {
      const hint = "raise fs.pipe-max-size, which the capacity exceeds, or give this process CAP_SYS_RESOURCE";
      task.call.fcntl(write, F.SETPIPE_SZ, capacity).hint(hint);
    }
    let at = 0;
    if (packets.length > 0) task.call.fcntl(write, F.SETFL, O.DIRECT);
    for (const length of packets.length > 0 ? packets : [bytes.length]) {
      if (length > 0) task.call.write(write, data(bytes.subarray(at, at + length)), length).expect(length);
      at += length;
    }
    if (packets.length > 0) task.call.fcntl(write, F.SETFL, 0);
  }
}
