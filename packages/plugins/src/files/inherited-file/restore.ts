import { definePlugin, type Plan, type Plugin, type RestoreOptions, type Task } from "@restage/core";
import type { FileEntry } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { OpenFiles } from "../open-files.ts";

/**
 * RESTORE: files that are handed to the restore (--inherit-fd), instead of being opened. Regular files and Unix sockets come as the open file
 * descriptions that the coordinator has, with their positions and queues; pipes and external files are opened once more, with their own flags.
 *
 * Requires CAP_SYS_PTRACE over the coordinator, or its user id.
 */
export function inheritedFiles(): Plugin {
  return definePlugin({
    name: "inherited-files",
    duty: "inherited-files",
    uses: [OpenFiles],
    stages: { RESTORE: "takes descriptors of the coordinator (--inherit-fd)" },
    apply({ plan, stages, openFile, service }) {
      let inherited: ReadonlyMap<number, number> = new Map();
      let coordinator = 0;
      plan.tap("inherited-files", (plan) => {
        inherited = findInherited(plan);
      });
      stages.FORKING.enter.tap("inherited-files", ({ host, images }) => {
        if (inherited.size === 0) return;
        coordinator = host.call.getpid().result;
        for (const [id, descriptor] of inherited) {
          if (images.files.get(id)?.reg?.ext === true) {
            service(OpenFiles).substitute(id, pathOf(coordinator, descriptor));
          }
        }
      });
      openFile.for("REG").tap({ name: "inherited-files", before: "regular-files" }, ({ task, entry }) => {
        const descriptor = inherited.get(entry.id);
        if (descriptor === undefined || entry.reg?.ext === true) return undefined;
        return take(task, coordinator, descriptor);
      });
      openFile.for("UNIXSK").tap({ name: "inherited-files", before: "unix-sockets" }, ({ task, entry }) => {
        const descriptor = inherited.get(entry.id);
        return descriptor === undefined ? undefined : take(task, coordinator, descriptor);
      });
      openFile.for("PIPE").tap({ name: "inherited-files", before: "pipes" }, ({ task, entry }) => {
        const descriptor = inherited.get(entry.id);
        if (descriptor === undefined || entry.pipe === undefined) return undefined;
        const { flags } = entry.pipe;
        return task.call.openat(AT_FDCWD, pathOf(coordinator, descriptor), flags & ~O.ASYNC, 0);
      });
    },
  });
}

/** Is a file handed over? */
export function isInherited(options: RestoreOptions, file: FileEntry): boolean {
  return descriptorFor(options, file) !== undefined;
}

/** By CRIU's names: a path without its first slash, `file[mnt_id:inode]` for an external one, `pipe:[id]`, `socket:[inode]`. */
function descriptorFor({ inheritFd }: RestoreOptions, { reg, pipe, usk }: FileEntry): number | undefined {
  if (usk !== undefined) return inheritFd[`socket:[${usk.ino}]`];
  if (pipe !== undefined) return inheritFd[`pipe:[${pipe.pipe_id}]`];
  if (reg === undefined) return undefined;
  return inheritFd[reg.ext === true ? reg.name : reg.name.slice(1)];
}

/** The coordinator's descriptors by the ids of the files. External files without one are refused. */
function findInherited(plan: Plan): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const id of referencedFiles(plan)) {
    const file = plan.images.file(id, "a task");
    const descriptor = descriptorFor(plan.options, file);
    if (descriptor !== undefined) found.set(id, descriptor);
    else if (file.reg?.ext === true) {
      const { name } = file.reg;
      const why = "it was external at the checkpoint (--external), so the images do not say what it is";
      plan.refuse({ what: name, why, hint: `open what it is to be, and hand it over: --inherit-fd 'fd[N]:${name}'` });
    }
  }
  return found;
}

function take(task: Task, coordinator: number, descriptor: number) {
  const process = task.call.pidfd_open(coordinator, 0);
  const taken = task.call
    .pidfd_getfd(process, descriptor, 0)
    .hint(`descriptor ${descriptor}, which --inherit-fd names, is not open in this process`);
  task.call.close(process);
  return taken;
}

function pathOf(coordinator: number, descriptor: number): string {
  return `/proc/${coordinator}/fd/${descriptor}`;
}
