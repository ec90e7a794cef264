import type { ImageSet, Task } from "@restage/core";
import { readTree } from "@restage/core/restore";
import { fdTypes } from "@restage/images";
import { describeFile } from "./describe-file.ts";
import { type MappingSummary, mappingsOf } from "./mappings.ts";

/** A summary of a checkpoint. */
export interface Summary {
  readonly tasks: readonly TaskSummary[];
  /** Every image, with its size in bytes. */
  readonly images: readonly { readonly name: string; readonly bytes: number }[];
}

export interface TaskSummary {
  readonly pid: number;
  readonly name: string | undefined;
  readonly kind: Task["kind"];
  readonly parent: number | undefined;
  readonly session: number;
  readonly group: number;
  readonly threads: readonly { readonly tid: number; readonly name: string | undefined }[];
  readonly files: readonly FileSummary[];
  readonly memory: readonly MappingSummary[];
}

interface FileSummary {
  readonly fd: number;
  /** CRIU's name of its type. */
  readonly type: string;
  readonly name: string;
}

export function summarize(checkpoint: ImageSet): Summary {
  const { source } = checkpoint;
  return {
    tasks: readTree(checkpoint).tasks.map((task) => summarizeTask(checkpoint, task)),
    images: source.list().map((name) => ({ name, bytes: source.size(name) ?? 0 })),
  };
}

function summarizeTask(checkpoint: ImageSet, task: Task): TaskSummary {
  const threads = task.survives ? task.threads : [];
  return {
    pid: task.pid,
    name: task.core.tc?.comm,
    kind: task.kind,
    parent: task.parent?.pid,
    session: task.sid,
    group: task.pgid,
    threads: threads.map(({ tid, state }) => ({ tid, name: state.comm })),
    files: task.survives ? filesOf(checkpoint, task) : [],
    memory: task.survives ? mappingsOf(checkpoint, task) : [],
  };
}

function filesOf(checkpoint: ImageSet, task: Task): readonly FileSummary[] {
  return task.descriptors.map(({ fd, id }) => {
    const file = checkpoint.file(id, `descriptor ${fd} of ${task.name}`);
    const [type = String(file.type)] = Object.entries(fdTypes).find(([, number]) => number === file.type) ?? [];
    return { fd, type, name: describeFile(file) };
  });
}
