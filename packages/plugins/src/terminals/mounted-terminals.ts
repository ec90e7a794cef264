import { defineService, type Service, type Task, type Value } from "@restage/core";

/** Where the device of masters of a devpts is: a descriptor of a directory, or AT_FDCWD, and a path from there. */
export type PtmxLocation = readonly [directory: Value, path: string];

/** Terminals that mounts show, such as /dev/console of a container: they must exist before the mounts. */
export interface MountedTerminals {
  /**
   * Makes a pseudoterminal in a devpts.
   *
   * @param ptmx the device of masters there. The terminal keeps the mount through which it is opened.
   * @returns its master, for the caller to close when the mount exists, if no task has the terminal open.
   */
  open(task: Task, ptmx: PtmxLocation, index: number): Promise<Value | undefined>;
}

export const MountedTerminals: Service<MountedTerminals> = defineService<MountedTerminals>("mounted-terminals");
