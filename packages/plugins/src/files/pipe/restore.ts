import { definePlugin, type ImageSet, type Plugin, type Task, type Value } from "@restage/core";
import type { PipeEntry } from "@restage/images";
import { F, O, SETTABLE_FLAGS } from "@restage/linux/abi";
import { keepProc, type Location } from "../location.ts";
import { fillPipe } from "../pipe-content/fill-pipe.ts";

/**
 * RESTORE: makes pipes with their content, capacity and flags. One task makes all ends of a pipe, and closes an end that no task has once the
 * content is written. Ends that were opened through /proc/PID/fd are opened that way again: additional ends, and read-write ones.
 */
export function pipes(): Plugin {
  return definePlugin({
    name: "pipes",
    duty: "pipes",
    stages: { RESTORE: "opens pipes with their content" },
    apply({ plan, openFile, fileGroup }) {
      /** The ends that exist, by the ids of their files. */
      const made = new Map<number, Value>();
      let reopening: Reopening = { number: -1, held: -1, link: [-1, ""] };
      plan.tap("pipes", (plan) => {
        const ends = pipeEnds(plan.images);
        // Finds a damaged image before any task exists.
        if (ends.length > 0) plan.images.entries("pipes_data");
        const { serviceDescriptors } = plan;
        if (ends.some((end) => isFurther(end, ends))) {
          const number = serviceDescriptors.reserve("pipe");
          reopening = { number, held: serviceDescriptors.number("images"), link: keepProc(plan)(`self/fd/${number}`) };
        }
      });
      fileGroup.for("PIPE").tap("pipes", ({ pipe }) => (pipe === undefined ? undefined : `pipe ${pipe.pipe_id}`));
      openFile.for("PIPE").tap("pipes", ({ task, entry, images }) => {
        const { pipe } = entry;
        if (pipe === undefined) return undefined;
        if (!made.has(pipe.id)) for (const [id, end] of makePipe(task, pipe, images, reopening)) made.set(id, end);
        const descriptor = made.get(pipe.id);
        const flags = pipe.flags & SETTABLE_FLAGS;
        if (flags !== 0 && descriptor !== undefined) task.call.fcntl(descriptor, F.SETFL, flags);
        return descriptor;
      });
    },
  });
}

/** The descriptor through which an end is opened again, and one that reserves its number before. */
interface Reopening {
  readonly number: number;
  readonly held: number;
  /** Where a task finds it in /proc. */
  readonly link: Location;
}

/** Makes a pipe with all its ends. Returns the ends by the ids of their files. */
function makePipe(task: Task, asked: PipeEntry, images: ImageSet, reopening: Reopening): ReadonlyMap<number, Value> {
  const all = pipeEnds(images).filter(({ pipe_id }) => pipe_id === asked.pipe_id);
  const further = all.filter((end) => isFurther(end, all));
  if (further.length > 0) task.call.dup3(reopening.held, reopening.number, O.CLOEXEC);
  const [read, write] = task.call.pipe2(O.CLOEXEC);
  const packets = all.map(({ id }) => images.own.file(id)?.packets ?? []).find(({ length }) => length > 0);
  fillPipe(task, images.entries("pipes_data"), asked.pipe_id, write, packets);
  const made = new Map(further.map((end): [number, Value] => [end.id, openAgain(task, read, end, reopening)]));
  if (further.length > 0) task.call.close(reopening.number);
  for (const [end, access] of [
    [read, O.RDONLY],
    [write, O.WRONLY],
  ] as const) {
    const owner = all.find((other) => !further.includes(other) && accessOf(other) === access);
    if (owner === undefined) task.call.close(end);
    else made.set(owner.id, end);
  }
  return made;
}

/** Opens a pipe again, by the link of an end in /proc. Does not wait, because both ends are open. */
function openAgain(task: Task, end: Value, { flags }: PipeEntry, { number, link }: Reopening): Value {
  task.call.dup3(end, number, O.CLOEXEC);
  return task.call.openat(...link, (flags & (O.ACCMODE | O.NONBLOCK)) | O.CLOEXEC, 0);
}

function accessOf({ flags }: PipeEntry): number {
  return flags & O.ACCMODE;
}

/** Whether an end is none of the two that pipe(2) makes. */
function isFurther(end: PipeEntry, ends: readonly PipeEntry[]): boolean {
  if (accessOf(end) === O.RDWR) return true;
  const first = ends.find(({ pipe_id, flags }) => pipe_id === end.pipe_id && (flags & O.ACCMODE) === accessOf(end));
  return first?.id !== end.id;
}

function pipeEnds(images: ImageSet): readonly PipeEntry[] {
  return [...images.files.values()].flatMap(({ pipe }) => pipe ?? []);
}
