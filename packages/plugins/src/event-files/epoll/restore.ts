import { definePlugin, type Plan, type Plugin, struct, type Task } from "@restage/core";
import type { EventpollFileEntry, EventpollTfdEntry } from "@restage/images";
import { EPOLL_CTL } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

/** An epoll set of a task: its descriptor there, and the descriptors that it watches. */
interface PlacedSet {
  readonly number: number;
  readonly targets: readonly EventpollTfdEntry[];
}

/**
 * RESTORE: makes epoll sets. Watched descriptors are added by number, once all descriptors of the task are placed, including those from other tasks.
 */
export function epolls(): Plugin {
  return definePlugin({
    name: "epolls",
    duty: "epolls",
    needs: ["descriptors"],
    stages: { RESTORE: "makes epoll sets, and adds the watched descriptors once all are placed" },
    apply({ plan, openFile, stages }) {
      let placed: ReadonlyMap<Task, readonly PlacedSet[]> = new Map();
      plan.tap("epolls", (plan) => {
        placed = placeSets(plan);
      });
      openFile.for("EVENTPOLL").tap("epolls", ({ task, entry: { epfd } }) => {
        if (epfd === undefined) return undefined;
        const descriptor = task.call.epoll_create1(creationFlags(0));
        if (epfd.flags !== 0) setOtherFlags(task, descriptor, epfd.flags);
        return descriptor;
      });
      stages.RESTORE.task.tap("epolls", (task) => {
        for (const { number, targets } of placed.get(task) ?? []) {
          for (const { tfd, events, data } of targets) {
            // struct epoll_event is packed: 12 bytes.
            const event = struct([4, events], [4, data & 0xffff_ffffn], [4, data >> 32n]);
            task.call.epoll_ctl(number, EPOLL_CTL.ADD, tfd, event);
          }
        }
      });
    },
  });
}

/** The task that fills each set: the first that has the set and everything it watches, under the recorded numbers. */
function placeSets(plan: Plan): ReadonlyMap<Task, readonly PlacedSet[]> {
  const placed = new Map<Task, PlacedSet[]>();
  for (const set of setsOf(plan)) {
    refuseDuplicates(plan, set);
    const owner = plan.survivors.find((task) => {
      const numbers = new Set(task.descriptors.map(({ fd }) => fd));
      return task.descriptors.some(({ id }) => id === set.id) && set.targets.every(({ tfd }) => numbers.has(tfd));
    });
    if (owner === undefined) {
      if (set.targets.length > 0) refuseSet(plan, set);
      continue;
    }
    const number = owner.descriptors.find(({ id }) => id === set.id)?.fd ?? -1;
    placed.set(owner, [...(placed.get(owner) ?? []), { number, targets: set.targets }]);
  }
  return placed;
}

interface SavedSet {
  readonly id: number;
  readonly targets: readonly EventpollTfdEntry[];
}

/** The sets of files.img. Older checkpoints have the watched descriptors in an image of their own. */
function setsOf(plan: Plan): readonly SavedSet[] {
  const sets = [...plan.images.files.values()].flatMap(({ epfd }): EventpollFileEntry[] => (epfd ? [epfd] : []));
  if (sets.length === 0) return [];
  const older = plan.images.values("eventpoll_tfd");
  return sets.map(({ id, tfd }) => ({ id, targets: [...tfd, ...older.filter((target) => target.id === id)] }));
}

/** CRIU records a wrong number for a file whose descriptor was closed and reused. */
function refuseDuplicates(plan: Plan, { id, targets }: SavedSet): void {
  const numbers = new Set<number>();
  for (const { tfd } of targets) {
    if (numbers.has(tfd)) plan.refuse({ what: `epoll set ${id}`, why: `its image lists descriptor ${tfd} twice` });
    numbers.add(tfd);
  }
}

function refuseSet(plan: Plan, { id, targets }: SavedSet): void {
  const holder = plan.survivors.find((task) => task.descriptors.some((descriptor) => descriptor.id === id));
  const numbers = new Set(holder?.descriptors.map(({ fd }) => fd));
  const gone = targets.filter(({ tfd }) => !numbers.has(tfd)).map(({ tfd }) => tfd);
  plan.refuse({
    what: `epoll set ${id}`,
    why:
      holder === undefined
        ? "no task has a descriptor of it"
        : `no task has descriptor ${gone.join(", ")}, which it watches`,
    pid: holder?.pid,
  });
}
