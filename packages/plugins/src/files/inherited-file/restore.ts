import { definePlugin, type Host, type Plan, type Plugin, type Task } from "@restage/core";
import type { FileEntry, RegFileEntry } from "@restage/images";
import { AT_FDCWD, F, O, SETTABLE_FLAGS } from "@restage/linux/abi";
import { handOver } from "../../transport/hand-over.ts";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { keepProc } from "../location.ts";
import { OpenFiles } from "../open-files.ts";
import { flagsOfOpen, setPosition } from "../regular-file/regular-file.ts";
import { inheritedDescriptor } from "./inherited.ts";

/** A file that the caller passes. */
interface InheritedFile {
  /** The descriptor of this process. */
  readonly descriptor: number;
  /** The number of its duplicate in every task during the restore. */
  readonly number: number;
  /** The flags with which it is opened again; undefined for a file whose open file description becomes the tree's. */
  readonly flags: number | undefined;
}

/**
 * ROOT_TASK: the stub gets descriptors of this process (--inherit-fd), which all tasks inherit. RESTORE: tasks take them instead of opening files. Regular
 * files and Unix sockets become the caller's open file descriptions, with their positions and queues; pipes and external files are opened again, with
 * their own flags.
 */
export function inheritedFiles(): Plugin {
  return definePlugin({
    name: "inherited-files",
    duty: "inherited-files",
    uses: [OpenFiles],
    stages: {
      ROOT_TASK: "passes descriptors of the caller to the tree (--inherit-fd)",
      RESTORE: "takes the descriptors of --inherit-fd in place of files",
    },
    apply({ plan, stages, openFile, service }) {
      let inherited: ReadonlyMap<number, InheritedFile> = new Map();
      plan.tap("inherited-files", (plan) => {
        inherited = findInherited(plan);
        for (const [id, { number }] of inherited) {
          // Mappings open it once more.
          if (isExternal(plan.images.files.get(id)))
            service(OpenFiles).substitute(id, keepProc(plan)(`self/fd/${number}`));
        }
      });
      stages.ROOT_TASK.enter.tapPromise({ name: "inherited-files", before: "root-task" }, async (context) => {
        const { host } = context;
        const opened = new Map<number, number>();
        try {
          for (const file of inherited.values()) opened.set(file.number, open(host, file));
          await handOver(context, opened);
        } finally {
          for (const descriptor of opened.values()) host.call.close(descriptor);
        }
      });
      const take = (task: Task, id: number) => {
        const file = inherited.get(id);
        return file === undefined ? undefined : task.call.fcntl(file.number, F.DUPFD_CLOEXEC, 0);
      };
      openFile.for("REG").tap({ name: "inherited-files", before: "regular-files" }, ({ task, entry }) => {
        const taken = take(task, entry.id);
        if (taken !== undefined && entry.reg?.ext === true) setPosition(task, taken, entry.reg);
        return taken;
      });
      openFile
        .for("UNIXSK")
        .tap({ name: "inherited-files", before: "unix-sockets" }, ({ task, entry }) => take(task, entry.id));
      openFile.for("PIPE").tap({ name: "inherited-files", before: "pipes" }, ({ task, entry }) => take(task, entry.id));
    },
  });
}

/** The caller's descriptors by the ids of the files. Refuses an external file without one, and descriptors that are not open. */
function findInherited(plan: Plan): ReadonlyMap<number, InheritedFile> {
  const found = new Map<number, InheritedFile>();
  for (const id of referencedFiles(plan)) {
    const file = plan.images.file(id, "a task");
    const descriptor = inheritedDescriptor(plan.options, file);
    if (descriptor !== undefined) {
      checkOpen(plan, descriptor);
      const number = plan.serviceDescriptors.reserve(`inherited file ${id}`);
      found.set(id, { descriptor, number, flags: flagsToOpen(file) });
    } else if (file.reg !== undefined && isExternal(file)) refuseExternal(plan, file.reg);
  }
  return found;
}

function checkOpen(plan: Plan, descriptor: number): void {
  if (plan.host.stat(`/proc/self/fd/${descriptor}`) !== "missing") return;
  const hint = `open it before the restore, or correct --inherit-fd`;
  plan.refuse({ what: `descriptor ${descriptor}`, why: "it is not open in this process", hint, remedy: "options" });
}

function refuseExternal(plan: Plan, { name }: RegFileEntry): void {
  const why = "it was left out of the checkpoint (--external), so the images do not describe it";
  const hint = `open its replacement and pass the descriptor: --inherit-fd 'fd[N]:${name}'`;
  plan.refuse({ what: name, why, hint, remedy: "options" });
}

function isExternal(file: FileEntry | undefined): boolean {
  return file?.reg?.ext === true;
}

function flagsToOpen(file: FileEntry): number | undefined {
  if (file.pipe !== undefined) return file.pipe.flags & ~O.ASYNC;
  return file.reg !== undefined && isExternal(file) ? flagsOfOpen(file.reg) : undefined;
}

/** A descriptor that the stub gets, and this process closes. */
function open(host: Host, { descriptor, flags }: InheritedFile): number {
  if (flags === undefined) return host.call.fcntl(descriptor, F.DUPFD_CLOEXEC, 0).result;
  // A fifo without another end must not block this process.
  const path = `/proc/self/fd/${descriptor}`;
  const opened = host.call.openat(AT_FDCWD, path, flags | O.NONBLOCK | O.CLOEXEC, 0).result;
  if ((flags & (O.NONBLOCK | O.PATH)) === 0) host.call.fcntl(opened, F.SETFL, flags & SETTABLE_FLAGS);
  return opened;
}
