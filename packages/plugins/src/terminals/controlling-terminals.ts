import type { Task } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import type { Device } from "./devices.ts";
import { hasSlave } from "./pseudoterminals.ts";
import type { Terminals } from "./read-terminals.ts";

/** The controlling terminal of a session of the tree. */
export interface ControllingTerminal {
  readonly info: TtyInfoEntry;
  /** The number of its descriptor in the session leader. */
  readonly number: number;
  /** A device that the leader opens only for this. Other terminals it has inherited from the root task. */
  readonly device: Device | undefined;
}

/** The controlling terminal that a task must take as the leader of its session; undefined for other tasks. */
export function controlledBy(task: Task, { pairs, callers, devices }: Terminals): ControllingTerminal | undefined {
  if (!task.survives || task.sid !== task.pid) return undefined;
  for (const pair of pairs) {
    // The image of a slave that only another session has open lacks the session; the image of its master has it.
    const info = [pair.slave, pair.master].find((end) => end?.sid === task.sid);
    if (info !== undefined && hasSlave(pair)) return { info, number: pair.slaveNumber, device: undefined };
  }
  for (const { info, number } of callers.values()) {
    if (info.sid === task.sid) return { info, number, device: undefined };
  }
  for (const device of devices.values()) {
    if (device.info.sid === task.sid) return { info: device.info, number: device.number, device };
  }
  return undefined;
}
