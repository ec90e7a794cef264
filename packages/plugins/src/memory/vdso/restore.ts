import { data, definePlugin, type Plugin, RestoreError, type StageContext, type Task } from "@restage/core";
import { readPageBytes, type VmaEntry } from "@restage/images";
import { MAP, MREMAP, PROT } from "@restage/linux/abi";
import { kindOf } from "../mappings/format.ts";
import { readPageRuns } from "../page-content.ts";
import { codeOfMissing } from "./missing-functions.ts";
import { readVdsoSymbols } from "./vdso-image.ts";

export interface VdsoOptions {
  /** Redirects the recorded functions even where this kernel has the same vdso. For tests. */
  readonly redirect?: boolean;
  /** Functions of this kernel's vdso to treat as missing, as on an older kernel. For tests. */
  readonly without?: readonly string[];
}

/**
 * RESTORE: moves the kernel's vdso and vvar to their recorded addresses. When this kernel has a different vdso, the recorded text comes back as memory and
 * each of its functions jumps to this kernel's, which is moved to free address space. A function that this kernel's vdso lacks makes the system call.
 */
export function vdso(options: VdsoOptions = {}): Plugin {
  return definePlugin({
    name: "vdso",
    duty: "vdso",
    needs: ["private-memory"],
    stages: { RESTORE: "moves vdso and vvar to their recorded addresses, or redirects the vdso to this kernel's" },
    apply({ stages }) {
      let isSame = true;
      stages.RESTORE.enter.tap("vdso", (context) => {
        // All tasks of a checkpoint come from one kernel: one comparison is enough.
        const task = context.tree.tasks.find((task) => task.survives && vdsoOf(task) !== undefined);
        isSame = options.redirect !== true && (task === undefined || isSameVdso(context, task));
      });
      stages.RESTORE.task.tap("vdso", (task, context) => {
        const recorded = task.survives ? vdsoOf(task) : undefined;
        if (recorded === undefined) return;
        if (isSame) moveVdso(context, task, recorded);
        else redirectVdso(context, task, recorded, options.without);
      });
    },
  });
}

function vdsoOf(task: Task): VmaEntry | undefined {
  return task.mm.vmas.find((vma) => kindOf(vma) === "vdso");
}

function vvarOf(task: Task): readonly VmaEntry[] {
  return task.mm.vmas.filter((vma) => kindOf(vma) === "vvar");
}

/** The text of the recorded vdso. */
function recordedText(context: StageContext, task: Task, vma: VmaEntry): Uint8Array | undefined {
  return readPageBytes(readPageRuns(context.images, task), vma.start, Number(vma.end - vma.start));
}

/** Does this kernel's vdso have the same sizes, order, and functions at the same offsets as the recorded one? */
function isSameVdso(context: StageContext, task: Task): boolean {
  const recorded = vdsoOf(task);
  const { vdso: parked, vdsoText } = context.stub;
  // A recording kernel has none: assume the common case.
  if (recorded === undefined || vdsoText === undefined) return true;
  const vvar = vvarOf(task);
  const size = (ranges: readonly { start: bigint | number; end: bigint | number }[]) =>
    ranges.reduce((sum, { start, end }) => sum + Number(end) - Number(start), 0);
  const isText = ({ name }: { name: string }) => name === "[vdso]";
  if (size(vvar) !== size(parked.filter((mapping) => !isText(mapping)))) return false;
  if (size([recorded]) !== size(parked.filter(isText))) return false;
  const vvarFirst = vvar[0] === undefined || vvar[0].start < recorded.start;
  if (vvarFirst !== (parked.length === 1 || parked.findIndex(isText) > 0)) return false;
  const text = recordedText(context, task, recorded);
  const old = text === undefined ? undefined : readVdsoSymbols(text);
  const now = readVdsoSymbols(vdsoText);
  if (old === undefined || now === undefined) return false;
  return old.size === now.size && [...old].every(([name, at]) => now.get(name) === at);
}

/** Moves the parked mappings one by one, in address order, because mremap(2) takes one mapping at a time. */
function moveVdso(context: StageContext, task: Task, recorded: VmaEntry): void {
  let vvarAt = Number(vvarOf(task)[0]?.start ?? 0);
  for (const { name, start, end } of context.stub.vdso) {
    const length = end - start;
    const to = name === "[vdso]" ? Number(recorded.start) : vvarAt;
    if (name !== "[vdso]") vvarAt += length;
    if (to === 0) continue;
    task.call.mremap(start, length, length, MREMAP.MAYMOVE | MREMAP.FIXED, to).expect(to);
  }
}

/** `movabs rax, target ; jmp rax`, 12 bytes. Callers of a vdso function do not expect rax to be preserved. */
function jumpTo(target: bigint): Uint8Array {
  const code = new Uint8Array(12);
  code.set([0x48, 0xb8]);
  new DataView(code.buffer).setBigUint64(2, target, true);
  code.set([0xff, 0xe0], 10);
  return code;
}

/** Restores the recorded text as memory, with each function patched to jump to this kernel's function of that name. */
function redirectVdso(context: StageContext, task: Task, recorded: VmaEntry, without: readonly string[] = []): void {
  const text = recordedText(context, task, recorded);
  const old = text === undefined ? undefined : readVdsoSymbols(text);
  const now = context.stub.vdsoText === undefined ? undefined : readVdsoSymbols(context.stub.vdsoText);
  if (text === undefined || old === undefined || now === undefined) {
    throw new RestoreError(
      "ERR_IMAGE",
      `Cannot restore the vdso of ${task.name}: the recorded one cannot be read, and this kernel has a different one`,
      {
        pid: task.pid,
        hint: "restore on the kernel where the checkpoint was made",
      },
    );
  }
  const parked = context.stub.vdso;
  const first = parked[0]?.start ?? 0;
  const length = (parked.at(-1)?.end ?? first) - first;
  const room = findRoom(task, length, context.stub.restorerArea);
  for (const { start, end } of parked) {
    const to = room + (start - first);
    task.call.mremap(start, end - start, end - start, MREMAP.MAYMOVE | MREMAP.FIXED, to).expect(to);
  }
  const runtime = BigInt(room + (parked.find(({ name }) => name === "[vdso]")?.start ?? first) - first);
  const patched = text.slice();
  for (const [name, at] of old) {
    const target = without.includes(name) ? undefined : now.get(name);
    const code = target === undefined ? codeOfMissing(name) : jumpTo(runtime + BigInt(target));
    if (code === undefined) {
      throw new RestoreError(
        "ERR_REFUSED",
        `Cannot restore the vdso of ${task.name}: this kernel's vdso has no ${name}`,
        { pid: task.pid, hint: "restore on a kernel that is at least as new as that of the checkpoint" },
      );
    }
    patched.set(code, at);
  }
  const size = recorded.end - recorded.start;
  const { READ, WRITE, EXEC } = PROT;
  task.call
    .mmap(recorded.start, size, READ | WRITE, MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE, -1, 0)
    .expect(recorded.start);
  task.copy(recorded.start, data(patched));
  task.call.mprotect(recorded.start, size, READ | EXEC);
}

/** Free address space below the highest mapping of the task. */
function findRoom(task: Task, length: number, area: { readonly start: number; readonly length: number }): number {
  const occupied = [...task.mm.vmas.map(({ start, end }) => ({ start: Number(start), end: Number(end) }))];
  occupied.push({ start: area.start, end: area.start + area.length });
  occupied.sort((a, b) => b.start - a.start);
  let top = 0x7fff_f000_0000;
  for (const { start, end } of occupied) {
    if (top - length >= end) break;
    top = Math.min(top, start);
  }
  return top - length;
}
