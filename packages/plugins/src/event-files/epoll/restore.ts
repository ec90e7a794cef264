import { definePlugin, type Plan, type Plugin, struct, type Task, type Value } from "@restage/core";
import type { EventpollFileEntry, EventpollTfdEntry } from "@restage/images";
import { EPOLL_CTL, F, FD_CLOEXEC, O } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";
import { restoreBusyPoll } from "./busy-poll.ts";

/** An epoll set of a task: its descriptor there, and the descriptors that it watches. */
interface PlacedSet {
  readonly descriptor: Value;
  readonly targets: readonly Target[];
}

/** A watched descriptor. `added` is the number with which it was added to the set, which the file may no longer have. */
type Target = EventpollTfdEntry & { readonly added: number };

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
      let placed = new Map<Task, PlacedSet[]>();
      let inFlight: ReadonlyMap<number, SavedSet> = new Map();
      plan.tap("epolls", (plan) => {
        placed = new Map();
        inFlight = placeSets(plan, placed);
      });
      openFile.for("EVENTPOLL").tap("epolls", ({ task, entry: { epfd }, images }) => {
        if (epfd === undefined) return undefined;
        const descriptor = task.call.epoll_create1(creationFlags(0));
        if (epfd.flags !== 0) setOtherFlags(task, descriptor, epfd.flags);
        const busyPoll = images.own.file(epfd.id)?.busyPoll;
        if (busyPoll !== undefined) restoreBusyPoll(task, descriptor, busyPoll);
        const set = inFlight.get(epfd.id);
        // The task that sends it still has it when its other descriptors are placed.
        if (set !== undefined) place(placed, task, { descriptor, targets: set.targets });
        return descriptor;
      });
      stages.RESTORE.task.tap("epolls", (task, { serviceDescriptors }) => {
        for (const { descriptor, targets } of placed.get(task) ?? [])
          for (const target of targets)
            withNumber(task, target, serviceDescriptors.numbers, () => add(task, descriptor, target));
      });
    },
  });
}

function add(task: Task, set: Value, { added, events, data }: Target): void {
  // struct epoll_event is packed: 12 bytes.
  const event = struct([4, events], [4, data & 0xffff_ffffn], [4, data >> 32n]);
  task.call.epoll_ctl(set, EPOLL_CTL.ADD, added, event);
}

/** Gives a file the number with which it was added while `record` records calls, and then returns the number to its owner. */
function withNumber(task: Task, { tfd, added }: Target, services: readonly number[], record: () => void): void {
  if (tfd === added) {
    record();
    return;
  }
  const owner = task.descriptors.find(({ fd }) => fd === added);
  const isTaken = owner !== undefined || services.includes(added);
  const kept = isTaken ? task.call.fcntl(added, F.DUPFD_CLOEXEC, 0) : undefined;
  task.call.dup3(tfd, added, O.CLOEXEC);
  record();
  if (kept === undefined) task.call.close(added);
  else {
    const closesOnExec = owner === undefined || (owner.flags & FD_CLOEXEC) !== 0;
    task.call.dup3(kept, added, closesOnExec ? O.CLOEXEC : 0);
    task.call.close(kept);
  }
}

/**
 * Finds the task that fills each set: the first that has the set and everything it watches, under the recorded numbers.
 *
 * @returns the sets that no task has, because they are in flight in the queue of a socket.
 */
function placeSets(plan: Plan, placed: Map<Task, PlacedSet[]>): ReadonlyMap<number, SavedSet> {
  const inFlight = new Map<number, SavedSet>();
  for (const set of setsOf(plan)) {
    refuseDuplicates(plan, set);
    const holders = plan.survivors.filter((task) => task.descriptors.some(({ id }) => id === set.id));
    const candidates = holders.length > 0 ? holders : plan.survivors;
    const owner = candidates.find((task) =>
      set.targets.every(({ tfd }) => task.descriptors.some(({ fd }) => fd === tfd)),
    );
    if (owner === undefined) refuseSet(plan, set, holders[0]);
    else if (holders.length === 0) inFlight.set(set.id, set);
    else
      place(placed, owner, {
        descriptor: owner.descriptors.find(({ id }) => id === set.id)?.fd ?? -1,
        targets: set.targets,
      });
  }
  return inFlight;
}

function place(placed: Map<Task, PlacedSet[]>, task: Task, set: PlacedSet): void {
  const sets = placed.get(task);
  if (sets === undefined) placed.set(task, [set]);
  else sets.push(set);
}

interface SavedSet {
  readonly id: number;
  readonly targets: readonly Target[];
}

/** The sets of files.img. Older checkpoints have the watched descriptors in an image of their own. */
function setsOf(plan: Plan): readonly SavedSet[] {
  const sets = [...plan.images.files.values()].flatMap(({ epfd }): EventpollFileEntry[] => (epfd ? [epfd] : []));
  if (sets.length === 0) return [];
  const older = plan.images.values("eventpoll_tfd");
  return sets.map(({ id, tfd }) => {
    const own = plan.images.own.file(id)?.watches ?? [];
    const targets = [...tfd, ...older.filter((target) => target.id === id)];
    const addedAs = (target: EventpollTfdEntry, place: number) =>
      own.find((watch) => watch.place === place)?.number ?? target.tfd;
    return { id, targets: targets.map((target, place) => ({ ...target, added: addedAs(target, place) })) };
  });
}

/** CRIU records a wrong number for a file whose descriptor was closed and reused. */
function refuseDuplicates(plan: Plan, { id, targets }: SavedSet): void {
  const seen = new Set<string>();
  for (const { tfd, added } of targets) {
    const watch = `${tfd} ${added}`;
    if (seen.has(watch)) plan.refuse({ what: `epoll set ${id}`, why: `its image lists descriptor ${tfd} twice` });
    seen.add(watch);
  }
}

function refuseSet(plan: Plan, { id, targets }: SavedSet, holder: Task | undefined): void {
  const numbers = new Set(holder?.descriptors.map(({ fd }) => fd));
  const gone = targets.filter(({ tfd }) => !numbers.has(tfd)).map(({ tfd }) => tfd);
  plan.refuse({
    what: `epoll set ${id}`,
    why: `no task has descriptor ${gone.join(", ")}, which it watches`,
    pid: holder?.pid,
  });
}
