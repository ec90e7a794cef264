import {
  definePlugin,
  type FileToOpen,
  type Plan,
  type Plugin,
  type RestorePluginContext,
  type Task,
  type Value,
} from "@restage/core";
import { callFirstTap, callSyncTaps } from "@restage/core/internal";
import { type FdinfoEntry, fdTypes } from "@restage/images";
import { FD_CLOEXEC, O } from "@restage/linux/abi";
import { NetNamespaces, netNamespaceOf } from "../../namespaces/net/net-namespaces.ts";
import { FilePassings } from "../../transport/file-passings.ts";
import { Transport } from "../../transport/transport.ts";
import { byFile, type FilePlan, planFiles } from "./file-plan.ts";

/** The end of close_range(2) for all descriptors. */
const HIGHEST = 0xffff_ffff;

/**
 * Restores descriptor tables. FORKING: empties each table and reserves its numbers. RESTORE: opens each open file description once, through the
 * `openFile` taps of its type, passes it to the other tasks that share it, and places it at all its numbers.
 */
export function descriptors(): Plugin {
  return definePlugin({
    name: "descriptors",
    duty: "descriptors",
    needs: ["transport"],
    uses: [Transport, NetNamespaces],
    provides: [FilePassings],
    stages: {
      FORKING: "empties descriptor tables and reserves their numbers",
      RESTORE: "opens every file once, passes it to all tasks that share it, and places it",
      RESTORE_SIGCHLD: "closes files that a task opened only for other tasks",
    },
    apply({ plan, stages, openFile, fileGroup, fileNeeds, filesOpened, service, provide }) {
      let files: FilePlan = { owners: new Set(), opens: new Map(), passings: new Map() };
      const leftovers = new Map<Task, readonly Value[]>();
      plan.tap("descriptors", (plan) => {
        checkTypes(plan, (type) => (openFile.get(type)?.taps.length ?? 0) > 0);
        files = planFiles(plan, {
          groupOf(file) {
            const hook = fileGroup.get(typeName(file.type));
            return hook && callFirstTap(hook, file);
          },
          needsOf(file) {
            const hook = fileNeeds.get(typeName(file.type));
            return (hook && callFirstTap(hook, file, plan.images)) ?? [];
          },
        });
      });
      provide(FilePassings, {
        get passings() {
          return files.passings;
        },
      });
      stages.FORKING.task.tap("descriptors", (task, { serviceDescriptors }) => {
        if (task.survives && !files.owners.has(task)) return;
        closeInherited(task, serviceDescriptors.numbers);
        if (task.survives) reserveNumbers(task, serviceDescriptors.number("images"));
      });
      stages.RESTORE.task.tapPromise("descriptors", async (task, context) => {
        const { images } = context;
        if (!files.owners.has(task)) return;
        const opened = new Map<number, Value>();
        const numbers = byFile(task.descriptors);
        const leftover: Value[] = [];
        for (const id of files.opens.get(task) ?? []) {
          const entry = images.file(id, `fdinfo of ${task.name}`);
          const descriptor = service(NetNamespaces).inside(task, netNamespaceOf(entry), () =>
            open(openFile, { task, entry, images }),
          );
          // At once: a table that is full has no room for all files under two numbers.
          const placed = place(task, descriptor, numbers.get(id) ?? []);
          if (placed === undefined) leftover.push(descriptor);
          opened.set(id, placed ?? descriptor);
        }
        leftovers.set(task, leftover);
        callSyncTaps(filesOpened, { task, descriptors: opened, images });
        const passing = files.passings.get(task);
        if (passing === undefined) return;
        const { outgoing, incoming } = passing;
        const received = await service(Transport).exchange(context, task, opened, outgoing, incoming);
        for (const [id, descriptor] of received) place(task, descriptor, numbers.get(id) ?? []);
      });
      stages.RESTORE_SIGCHLD.task.tap("descriptors", (task) => {
        for (const descriptor of leftovers.get(task) ?? []) task.call.close(descriptor);
      });
    },
  });
}

function open(openFile: RestorePluginContext["openFile"], file: FileToOpen): Value {
  const type = typeName(file.entry.type);
  const descriptor = callFirstTap(openFile.for(type), file);
  if (descriptor === undefined) throw new Error(`No tap of openFile.for("${type}") opened file ${file.entry.id}`);
  return descriptor;
}

/** Places a file at all its numbers in the table. Returns one of them, undefined when it has none. */
function place(task: Task, descriptor: Value, at: readonly FdinfoEntry[]): number | undefined {
  const last = at.at(-1);
  for (const { fd, flags } of at) {
    const cloexec = (flags & FD_CLOEXEC) !== 0;
    if (fd === last?.fd) task.place(descriptor, fd, { cloexec });
    else task.call.dup3(descriptor, fd, cloexec ? O.CLOEXEC : 0);
  }
  return last?.fd;
}

/** Closes the descriptors that a task inherited from its forker, except those of services. */
function closeInherited(task: Task, services: readonly number[]): void {
  if (task.forker === undefined) return;
  let from = 0;
  for (const service of services) {
    if (service > from) task.call.close_range(from, service - 1, 0);
    from = service + 1;
  }
  task.call.close_range(from, HIGHEST, 0);
}

/**
 * Occupies all numbers of the table, so that files opened from here on get other numbers, and can be placed in any order.
 */
function reserveNumbers(task: Task, service: number): void {
  for (const { fd } of task.descriptors) task.call.dup3(service, fd, O.CLOEXEC);
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(fdTypes).map(([name, number]) => [number, name] as const),
);

/** CRIU's name for a file type. */
export function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? String(type);
}

function notOpened(type: string): { readonly why: string; readonly hint?: string } {
  if (type !== "EXT") return { why: `Restage does not restore files of type ${type} yet` };
  return {
    why: "a CRIU plugin saved it, in a format of its own",
    hint: 'write a plugin that taps openFile.for("EXT")',
  };
}

function checkTypes(plan: Plan, isOpened: (type: string) => boolean): void {
  for (const task of plan.survivors) {
    const numbers = new Set<number>();
    for (const { id, fd, type } of task.descriptors) {
      const entry = plan.images.file(id, `fdinfo of ${task.name}`);
      const what = `descriptor ${fd}`;
      if (entry.type !== type) {
        plan.refuse({
          what,
          why: `its type is ${typeName(type)} in fdinfo, but ${typeName(entry.type)} in files.img`,
          pid: task.pid,
        });
      } else if (!isOpened(typeName(type))) {
        plan.refuse({ what, ...notOpened(typeName(type)), pid: task.pid });
      }
      if (numbers.has(fd)) plan.refuse({ what, why: "fdinfo lists it twice", pid: task.pid });
      numbers.add(fd);
    }
  }
  for (const { scm } of plan.images.values("sk_queues")) {
    for (const id of scm.flatMap(({ rights }) => rights)) {
      const type = typeName(plan.images.file(id, "sk-queues.img").type);
      if (!isOpened(type))
        plan.refuse({
          what: `file ${id}, in flight in a socket's queue`,
          why: `Restage does not restore files of type ${type} yet`,
        });
    }
  }
}
