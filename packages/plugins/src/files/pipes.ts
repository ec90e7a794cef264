import { type Checkpoint, definePlugin, type Plan, type RestorePlugin, type Task, type Value } from "@restage/core";
import type { PipeEntry } from "@restage/images";
import { F, O, SETTABLE_FLAGS } from "@restage/linux/abi";
import { fillPipe } from "./pipe-content.ts";

/**
 * RESTORE: pipes with their content, capacity and flags. Both ends are made by one task; an end that nobody has is closed once the content is
 * in.
 */
export function pipes(): RestorePlugin {
  return definePlugin({
    name: "pipes",
    duty: "pipes",
    stages: { RESTORE: "opens pipes, with their content" },
    supports: [
      {
        group: "files",
        what: "pipes",
        restored: "content, size, packets, ends in several tasks, ends without the other",
        refused: "an end open for both directions",
        shownBy: ["fixture pipes", "fixture many"],
      },
    ],
    apply({ plan, openFile, fileGroup }) {
      /** Ends that were made with the one that was asked for. */
      const others = new Map<number, Value>();
      plan.tap("pipes", checkPipes);
      fileGroup.for("PIPE").tap("pipes", ({ pipe }) => (pipe === undefined ? undefined : `pipe ${pipe.pipe_id}`));
      openFile.for("PIPE").tap("pipes", ({ task, entry, checkpoint }) => {
        const { pipe } = entry;
        if (pipe === undefined) return undefined;
        const known = others.get(pipe.id);
        const descriptor = known ?? makePipe(task, pipe, checkpoint, others);
        const flags = pipe.flags & SETTABLE_FLAGS;
        if (flags !== 0) task.call.fcntl(descriptor, F.SETFL, flags);
        return descriptor;
      });
    },
  });
}

/** Makes a pipe and returns the end that was asked for; the other one waits in `others`. */
function makePipe(task: Task, asked: PipeEntry, checkpoint: Checkpoint, others: Map<number, Value>): Value {
  const [read, write] = task.call.pipe2(O.CLOEXEC);
  fillPipe(task, checkpoint.entries("pipes_data"), asked.pipe_id, write);
  const other = usedPipes(checkpoint).find(
    (pipe) => pipe.pipe_id === asked.pipe_id && isWriter(pipe) !== isWriter(asked),
  );
  const [own, unasked] = isWriter(asked) ? [write, read] : [read, write];
  if (other === undefined) task.call.close(unasked);
  else others.set(other.id, unasked);
  return own;
}

function isWriter(pipe: PipeEntry): boolean {
  return (pipe.flags & O.ACCMODE) === O.WRONLY;
}

/** Ends of pipes that a descriptor refers to; others in files.img are leftovers. */
function usedPipes(checkpoint: Checkpoint): readonly PipeEntry[] {
  return [...checkpoint.files.values()].flatMap(({ pipe }) => pipe ?? []);
}

function checkPipes(plan: Plan): void {
  const seen = new Map<string, number>();
  const used = new Set(plan.survivors.flatMap((task) => task.descriptors.map(({ id }) => id)));
  for (const pipe of usedPipes(plan.checkpoint)) {
    if (!used.has(pipe.id)) continue;
    const what = `pipe ${pipe.pipe_id}`;
    const end = `${pipe.pipe_id} ${isWriter(pipe)}`;
    const other = seen.get(end);
    if (other !== undefined)
      plan.refuse({
        what,
        why: `one of its ends was opened twice (files ${other} and ${pipe.id}), which is not restored yet`,
      });
    seen.set(end, pipe.id);
    if ((pipe.flags & O.ACCMODE) === O.RDWR) plan.refuse({ what, why: "one end is open for both reading and writing" });
  }
  // Read before any task exists: it may be damaged.
  if (seen.size > 0) plan.checkpoint.entries("pipes_data");
}
