import type { Task } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import type { Device } from "./devices.ts";
import { hasSlave } from "./pseudoterminals.ts";
import type { Terminals } from "./read-terminals.ts";

/** A terminal that was the controlling one of a session of the tree. */
export interface ControllingTerminal {
  readonly info: TtyInfoEntry;
  /** Its number in the leader of the session. */
  readonly number: number;
  /** Opened for this only; all others the leader has from the root task. */
  readonly device: Device | undefined;
}

/** The controlling terminal of a session, by its leader, who alone can take it. */
export function controlledBy(task: Task, { pairs, callers, devices }: Terminals): ControllingTerminal | undefined {
  if (!task.survives || task.sid !== task.pid) return undefined;
  for (const pair of pairs) {
    // A slave that only another session has open does not know its session: its image has none then, and that of the master has.
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
