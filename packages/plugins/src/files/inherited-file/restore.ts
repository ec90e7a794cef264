import { definePlugin, type Plan, type Plugin, type Task } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { OpenFiles } from "../open-files.ts";
import { inheritedDescriptor } from "./inherited.ts";

/**
 * RESTORE: takes descriptors of the coordinator (--inherit-fd) instead of opening files. Regular files and Unix sockets become the coordinator's open
 * file descriptions, with their positions and queues; pipes and external files are opened again, with their own flags.
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

/** The coordinator's descriptors by the ids of the files. Refuses an external file without one. */
function findInherited(plan: Plan): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const id of referencedFiles(plan)) {
    const file = plan.images.file(id, "a task");
    const descriptor = inheritedDescriptor(plan.options, file);
    if (descriptor !== undefined) found.set(id, descriptor);
    else if (file.reg?.ext === true) {
      const { name } = file.reg;
      const why = "it was left out of the checkpoint (--external), so the images do not describe it";
      plan.refuse({
        what: name,
        why,
        hint: `open its replacement and pass the descriptor: --inherit-fd 'fd[N]:${name}'`,
        remedy: "options",
      });
    }
  }
  return found;
}

function take(task: Task, coordinator: number, descriptor: number) {
  const process = task.call.pidfd_open(coordinator, 0);
  const taken = task.call
    .pidfd_getfd(process, descriptor, 0)
    .hint(`open descriptor ${descriptor} in this process: --inherit-fd names it`);
  task.call.close(process);
  return taken;
}

function pathOf(coordinator: number, descriptor: number): string {
  return `/proc/${coordinator}/fd/${descriptor}`;
}
