import type { Plan, Task } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { nameOf, type TtyFile } from "./tty-info.ts";

/** A terminal that this machine has to have: the console, a virtual one, a serial line. */
export interface Device {
  readonly info: TtyInfoEntry;
  readonly path: string;
  /** Its number in the leader of the session whose terminal it is, during the restore. */
  readonly number: number;
}

/** A terminal by the path under which the first task had it. */
export function readDevice(plan: Plan, info: TtyInfoEntry, files: readonly TtyFile[]): Device | undefined {
  const file = files.find((file) => file.info === info);
  const path = file === undefined ? undefined : pathOf(plan, file);
  if (path === undefined) {
    plan.refuse({ what: nameOf(info), why: "the checkpoint does not say under which path it was open" });
    return undefined;
  }
  return { info, path, number: plan.serviceDescriptors.reserve(`terminal ${info.id}`) };
}

/** The path of an open terminal; none in images of old versions. */
export function pathOf({ images }: Plan, { file: { regf_id } }: TtyFile): string | undefined {
  return regf_id === undefined ? undefined : images.files.get(regf_id)?.reg?.name;
}

/** Opens it, never as the controlling terminal. */
export function openDevice(task: Task, { path }: Device, flags: number) {
  return task.call
    .openat(AT_FDCWD, path, flags | O.NOCTTY, 0)
    .hint(`the checkpoint had ${path} open, a terminal that is no pseudoterminal: this machine has to have it too`);
}
