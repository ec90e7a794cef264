import { join } from "node:path";
import { type ImageSet, RestoreError } from "@restage/core";
import { kindOf } from "@restage/core/restore";
import type { PstreeEntry } from "@restage/images";
import { taskName } from "@restage/linux/abi";
import { writeCoreFile } from "./elf.ts";
import { segmentsOf } from "./memory.ts";
import { type CoreOfThread, notesOf } from "./notes.ts";

/**
 * Writes `core.PID` for each task, or for one. A zombie has no memory, so it has no core file: the names of those that are left out are returned.
 *
 * Throws a RestoreError.
 */
export function dumpCores(images: ImageSet, directory: string, pid: number | undefined): readonly string[] {
  const all = images.values("pstree");
  const tasks = pid === undefined ? all : all.filter((task) => task.pid === pid);
  if (tasks.length === 0)
    throw new RestoreError("ERR_OPTION", `Cannot write a core file of task ${pid}: the checkpoint does not have it`, {
      hint: `it has ${all.map((task) => task.pid).join(", ")}`,
    });
  return tasks.flatMap((task) => {
    const core = images.value("core", task.pid);
    if (kindOf(core, task.pid) === "zombie") return [taskName(task.pid, core.tc?.comm)];
    const threads = threadsOf(images, task);
    writeCoreFile(
      join(directory, `core.${task.pid}`),
      [...notesOf(images, task, threads)],
      segmentsOf(images, task.pid),
    );
    return [];
  });
}

/** The threads of a task, its leader first. */
function threadsOf(images: ImageSet, { pid, threads }: PstreeEntry): readonly CoreOfThread[] {
  return [pid, ...threads.filter((tid) => tid !== pid)].map((tid) => {
    const core = images.value("core", tid);
    if (core.thread_info !== undefined) return { tid, core, registers: core.thread_info };
    throw new RestoreError(
      "ERR_REFUSED",
      `Cannot write a core file of ${taskName(pid, images.value("core", pid).tc?.comm)}: thread ${tid} has no registers of x86_64`,
    );
  });
}
