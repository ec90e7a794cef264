import { Checkpoint, createHooks, readTree, type Task } from "@restage/core";
import { fdTypes, imageToJson, openImageDirectory, readImage, readPagemap, vmaStatus } from "@restage/images";
import { requestOf } from "../options/request.ts";
import type { CheckpointFlags } from "../options/restore-options.ts";

const PAGE_SIZE = 4096;

/** Shows a checkpoint: the tree with files and memory of each task, or one image decoded. Needs no privileges. */
export async function inspectCommand(image: string | undefined, flags: CheckpointFlags): Promise<void> {
  const { images } = await requestOf(flags);
  if (image !== undefined || flags.json === true) {
    const source = openImageDirectory(images);
    const names = image === undefined ? source.list() : [image];
    const decoded = names.map((name) => {
      const read = readImage(source, name);
      if (read === undefined) throw new Error(`The checkpoint has no ${name}`);
      return imageToJson(read, { payload: "size" });
    });
    process.stdout.write(`${JSON.stringify(image === undefined ? decoded : decoded[0], undefined, 2)}\n`);
    return;
  }
  const checkpoint = Checkpoint.open(images, createHooks());
  for (const task of readTree(checkpoint).tasks) printTask(checkpoint, task);
}

function printTask(checkpoint: Checkpoint, task: Task): void {
  const out = (text: string) => process.stdout.write(`${text}\n`);
  const comm = task.core.tc?.comm ?? "?";
  const parent = task.parent === undefined ? "" : `, child of ${task.parent.pid}`;
  out(`${task.pid} ${comm} (${task.kind}${parent}), session ${task.sid}, group ${task.pgid}`);
  if (!task.survives) return;
  for (const { tid, isLeader, state } of task.threads) if (!isLeader) out(`  thread ${tid} ${state.comm ?? ""}`);
  for (const { fd, id } of task.descriptors) {
    const file = checkpoint.file(id, "fdinfo");
    const type = Object.entries(fdTypes).find(([, number]) => number === file.type)?.[0] ?? String(file.type);
    out(`  fd ${String(fd).padEnd(5)} ${type.padEnd(10)} ${file.reg?.name ?? `file ${id}`}`);
  }
  const pages = readPagemap(checkpoint.source, `pagemap-${task.pid}.img`)?.runs ?? [];
  for (const vma of task.mm.vmas) {
    const content = pages.reduce((sum, run) => sum + overlap(run.address, run.pages, vma.start, vma.end), 0) / 1024;
    const size = Number(vma.end - vma.start) / 1024;
    const isFile = (vma.status & (vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_FILE_SHARED)) !== 0;
    const name = isFile ? (checkpoint.file(Number(vma.shmid), "a mapping").reg?.name ?? "") : statusName(vma.status);
    const range = `${vma.start.toString(16)}-${vma.end.toString(16)}`;
    out(`  ${range.padEnd(27)} ${printProtection(vma.prot)} ${`${size} KiB`.padStart(12)} ${`${content} saved`.padStart(14)}  ${name}`);
  }
}

/** Bytes of a page run that are in [start, end). */
function overlap(address: bigint, pages: number, start: bigint, end: bigint): number {
  const runEnd = address + BigInt(pages * PAGE_SIZE);
  const from = address > start ? address : start;
  const to = runEnd < end ? runEnd : end;
  return to > from ? Number(to - from) : 0;
}

function printProtection(prot: number): string {
  return ["r", "w", "x"].map((letter, bit) => ((prot & (1 << bit)) === 0 ? "-" : letter)).join("");
}

function statusName(status: number): string {
  const special = Object.entries(vmaStatus).find(([name, bit]) => name.startsWith("VMA_AREA_") && bit !== 1 && (status & bit) !== 0);
  return special === undefined ? "" : `[${special[0].slice("VMA_AREA_".length).toLowerCase()}]`;
}
