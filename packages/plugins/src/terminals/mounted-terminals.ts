import { defineService, type Service, type Task, type Value } from "@restage/core";

/** Terminals that mounts show, such as /dev/console of a container: they must exist before the mounts. */
export interface MountedTerminals {
  /**
   * Makes a pseudoterminal in a devpts.
   *
   * @param ptmx the device of masters there.
   * @returns its master, for the caller to close when the mount exists, if no task has the terminal open.
   */
  open(task: Task, ptmx: string, index: number): Promise<Value | undefined>;
}

export const MountedTerminals: Service<MountedTerminals> = defineService<MountedTerminals>("mounted-terminals");
