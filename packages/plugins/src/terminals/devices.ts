import type { Plan, Task } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { nameOf, type TtyFile } from "./tty-info.ts";

/** A terminal that this machine must have: the console, a virtual terminal, a serial line. */
export interface Device {
  readonly info: TtyInfoEntry;
  readonly path: string;
  /** The number of its descriptor in the session leader during the restore. */
  readonly number: number;
}

/** Reads a terminal that is opened by the path at which the first task had it open. */
export function readDevice(plan: Plan, info: TtyInfoEntry, files: readonly TtyFile[]): Device | undefined {
  const file = files.find((file) => file.info === info);
  const path = file === undefined ? undefined : pathOf(plan, file);
  if (path === undefined) {
    plan.refuse({ what: nameOf(info), why: "the images do not record its path" });
    return undefined;
  }
  return { info, path, number: plan.serviceDescriptors.reserve(`terminal ${info.id}`) };
}

/** The path of an open terminal; old images do not record it. */
export function pathOf({ images }: Plan, { file: { regf_id } }: TtyFile): string | undefined {
  return regf_id === undefined ? undefined : images.files.get(regf_id)?.reg?.name;
}

/** Opens a terminal, but not as the controlling terminal. */
export function openDevice(task: Task, { path }: Device, flags: number) {
  return task.call
    .openat(AT_FDCWD, path, flags | O.NOCTTY, 0)
    .hint(`the tree had the terminal ${path} open: restore on a machine that has it`);
}
