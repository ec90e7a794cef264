import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { O } from "@restage/linux/abi";
import { readMountPaths } from "../../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { isInherited } from "../inherited-file/inherited.ts";
import { readRemaps } from "../remaps.ts";
import { FileChecks } from "./file-checks.ts";
import { validateFile } from "./validate-file.ts";

/**
 * Before any task exists: checks that every file with a path exists and has not changed. Compares size, mode and, for programs and libraries, the
 * build-id, as CRIU's --file-validation does. The duty "deleted-files" checks deleted files.
 */
export function fileValidation(): Plugin {
  return definePlugin({
    name: "file-validation",
    duty: "file-validation",
    provides: [FileChecks],
    stages: { RESTORE: "checks the files of a tree that has its own mount namespace" },
    apply({ plan, stages, provide }) {
      const leftOut = new Set<number>();
      provide(FileChecks, { leaveOut: (id) => void leftOut.add(id) });
      let later: Plan | undefined;
      plan.tap("file-validation", (plan) => {
        refuseFilesOfThreads(plan);
        if (hasOwnNamespace(plan.images, plan.tree.root, "mount")) later = plan;
        else validateFiles(plan, leftOut);
      });
      stages.RESTORE.enter.tap("file-validation", () => {
        if (later === undefined) return;
        validateFiles(later, leftOut);
        later.assertRestorable();
      });
    },
  });
}

/** Refuses open files in /proc of threads: a restore opens files before a process has more than its main thread. */
function refuseFilesOfThreads(plan: Plan): void {
  const others = plan.tree.tasks.flatMap((task) =>
    task.threads.map(({ tid }) => tid).filter((tid) => tid !== task.pid),
  );
  if (others.length === 0) return;
  const threads = new Set(others);
  for (const id of referencedFiles(plan)) {
    const name = plan.images.file(id, "a task").reg?.name ?? "";
    const thread = Number(/^\/proc\/\d+\/task\/(\d+)(\/|$)/.exec(name)?.[1]);
    if (!threads.has(thread)) continue;
    plan.refuse({ what: `file ${name}`, why: `it belongs to thread ${thread}, which is made after files are opened` });
  }
}

function validateFiles(plan: Plan, leftOut: ReadonlySet<number>): void {
  const remapped = new Set([...leftOut, ...readRemaps(plan.images).map(({ id }) => id)]);
  const pids = pidsOf(plan);
  const paths = readMountPaths(plan);
  const seen = new Set<string>();
  for (const id of referencedFiles(plan)) {
    const entry = plan.images.file(id, "a task");
    const file = entry.reg;
    if (file === undefined || file.ext === true || isInherited(plan.options, entry)) continue;
    if (remapped.has(id) || pids.has(pidIn(file.name))) continue;
    // Every task has entries for its executable and directories; each file is checked once.
    const same = [file.name, file.size, file.mode, file.flags & O.PATH, ...file.build_id].join(" ");
    if (seen.has(same)) continue;
    seen.add(same);
    validateFile(plan, file, file.name, paths.outside(file.mnt_id) + file.name);
  }
}

/** The process whose directory in /proc contains a path. */
function pidIn(path: string): number {
  return Number(/^\/proc\/(\d+)(\/|$)/.exec(path)?.[1]);
}

/** Ids that do not exist yet: tasks and threads of the checkpoint, and dead processes whose files in /proc are open. */
function pidsOf(plan: Plan): ReadonlySet<number> {
  const dead = readRemaps(plan.images).filter(({ kind }) => kind === "dead-process");
  const threads = plan.tree.tasks.flatMap((task) => task.threads.map(({ tid }) => tid));
  return new Set([...threads, ...dead.map(({ source }) => source)]);
}
