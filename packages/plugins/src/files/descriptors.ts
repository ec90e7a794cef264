import { definePlugin, type Plan, type RestorePlugin, type StageContext, type Task } from "@restage/core";
import { type FdinfoEntry, fdTypes } from "@restage/images";
import { FD_CLOEXEC, O } from "@restage/linux/abi";

/**
 * RESTORE: descriptor tables. Each open file description is opened once by whoever opens its type, then given to all
 * descriptors that share it.
 */
export function descriptors(): RestorePlugin {
  return definePlugin({
    name: "descriptors",
    duty: "descriptors",
    stages: { RESTORE: "opens every file description once and places its descriptors" },
    apply({ plan, stages, openFile }) {
      let context: StageContext | undefined;
      plan.tap("descriptors", (plan) => checkTypes(plan, (type) => (openFile.get(type)?.taps.length ?? 0) > 0));
      stages.RESTORE.enter.tap("descriptors", (stage) => {
        context = stage;
      });
      stages.RESTORE.task.tap("descriptors", (task) => {
        if (context === undefined || !task.survives) return;
        const { checkpoint, serviceDescriptors } = context;
        reserveNumbers(task, serviceDescriptors.number("images"));
        for (const [id, sharing] of byDescription(task)) {
          const entry = checkpoint.file(id, `fdinfo of task ${task.pid}`);
          const fd = openFile.for(typeName(entry.type)).call({ task, entry, checkpoint });
          if (fd === undefined) throw new Error(`No opener took file ${id} of type ${typeName(entry.type)}`);
          const last = sharing.length - 1;
          sharing.forEach((descriptor, index) => {
            const cloexec = (descriptor.flags & FD_CLOEXEC) !== 0;
            if (index === last) task.place(fd, descriptor.fd, { cloexec });
            else task.call.dup3(fd, descriptor.fd, cloexec ? O.CLOEXEC : 0);
          });
        }
      });
    },
  });
}

/**
 * Takes all numbers of the table at once, so that whatever is opened from here on gets another one, and each number is free for
 * the one that it belongs to, in any order.
 */
function reserveNumbers(task: Task, service: number): void {
  for (const { fd } of task.descriptors) task.call.dup3(service, fd, O.CLOEXEC);
}

function byDescription(task: Task): Map<number, FdinfoEntry[]> {
  const groups = new Map<number, FdinfoEntry[]>();
  for (const descriptor of task.descriptors) {
    const group = groups.get(descriptor.id);
    if (group === undefined) groups.set(descriptor.id, [descriptor]);
    else group.push(descriptor);
  }
  return groups;
}

/** CRIU's name of a file type. */
export function typeName(type: number): string {
  for (const [name, number] of Object.entries(fdTypes)) if (number === type) return name;
  return String(type);
}

function checkTypes(plan: Plan, isOpened: (type: string) => boolean): void {
  for (const task of plan.survivors) {
    const numbers = new Set<number>();
    for (const { id, fd, type } of task.descriptors) {
      const entry = plan.checkpoint.file(id, `fdinfo of task ${task.pid}`);
      const what = `descriptor ${fd}`;
      if (entry.type !== type) {
        plan.refuse({ what, why: `it is a ${typeName(type)} in fdinfo, a ${typeName(entry.type)} in files.img`, pid: task.pid });
      } else if (!isOpened(typeName(type))) {
        plan.refuse({ what, why: `files of type ${typeName(type)} are not restored yet`, pid: task.pid });
      }
      if (numbers.has(fd)) plan.refuse({ what, why: "it stands twice in fdinfo", pid: task.pid });
      numbers.add(fd);
    }
  }
}
