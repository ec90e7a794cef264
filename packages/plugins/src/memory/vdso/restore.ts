import { data, definePlugin, type Plugin, RestoreError, type StageContext, type Task } from "@restage/core";
import type { VmaEntry } from "@restage/images";
import { MAP, MREMAP, PROT } from "@restage/linux/abi";
import { kindOf } from "../mappings/vmas.ts";
import { readPageRuns } from "../page-content.ts";
import { readBytes } from "../read-pages.ts";
import { readVdsoSymbols } from "./vdso-image.ts";

export interface VdsoOptions {
  /** Redirect the old functions also where this kernel's vdso is the same: for trying it. */
  readonly redirect?: boolean;
}

/**
 * RESTORE: the kernel's vdso and vvar go to the addresses that the checkpoint has. When this kernel's vdso is another one, the old
 * text stays and its functions jump to the new ones, which then lie where there is room.
 */
export function vdso(options: VdsoOptions = {}): Plugin {
  return definePlugin({
    name: "vdso",
    duty: "vdso",
    needs: ["private-memory"],
    stages: { RESTORE: "vdso and vvar are moved to their recorded addresses, or redirected to this kernel's" },
    apply({ stages }) {
      let context: StageContext | undefined;
      let same = true;
      stages.RESTORE.enter.tap("vdso", (stage) => {
        context = stage;
        // All tasks of a checkpoint come from one kernel: one comparison is enough.
        const task = stage.tree.tasks.find((task) => task.survives && vdsoOf(task) !== undefined);
        same = options.redirect !== true && (task === undefined || isSameVdso(stage, task));
      });
      stages.RESTORE.task.tap("vdso", (task) => {
        if (context === undefined || !task.survives || vdsoOf(task) === undefined) return;
        if (same) moveVdso(context, task);
        else redirectVdso(context, task);
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
  return readBytes(readPageRuns(context.images, task), vma.start, Number(vma.end - vma.start));
}

/** Same sizes, same order, same functions at the same places: nobody can tell the difference. */
function isSameVdso(context: StageContext, task: Task): boolean {
  const recorded = vdsoOf(task);
  const { vdso: parked, vdsoText } = context.stub;
  // A recording kernel has none: it shows the common case.
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

/** Each parked mapping by itself, in address order: mremap takes no two mappings at once. */
function moveVdso(context: StageContext, task: Task): void {
  const recorded = vdsoOf(task);
  if (recorded === undefined) return;
  let vvarAt = Number(vvarOf(task)[0]?.start ?? 0);
  for (const { name, start, end } of context.stub.vdso) {
    const length = end - start;
    const to = name === "[vdso]" ? Number(recorded.start) : vvarAt;
    if (name !== "[vdso]") vvarAt += length;
    if (to === 0) continue;
    task.call.mremap(start, length, length, MREMAP.MAYMOVE | MREMAP.FIXED, to).expect(to);
  }
}

/** `movabs rax, target ; jmp rax`, 12 bytes; callers of a vdso function do not count on rax. */
function jumpTo(target: bigint): Uint8Array {
  const code = new Uint8Array(12);
  code.set([0x48, 0xb8]);
  new DataView(code.buffer).setBigUint64(2, target, true);
  code.set([0xff, 0xe0], 10);
  return code;
}

/** The recorded text comes back as memory, and each of its functions jumps to this kernel's function of that name. */
function redirectVdso(context: StageContext, task: Task): void {
  const recorded = vdsoOf(task);
  if (recorded === undefined) return;
  const text = recordedText(context, task, recorded);
  const old = text === undefined ? undefined : readVdsoSymbols(text);
  const now = context.stub.vdsoText === undefined ? undefined : readVdsoSymbols(context.stub.vdsoText);
  if (text === undefined || old === undefined || now === undefined) {
    throw new RestoreError(
      "ERR_IMAGE",
      `The recorded vdso of task ${task.pid} cannot be read, and this kernel's is another one`,
      {
        pid: task.pid,
        hint: "restore on the kernel where the checkpoint was made",
      },
    );
  }
  const parked = context.stub.vdso;
  const first = parked[0]?.start ?? 0;
  const length = (parked.at(-1)?.end ?? first) - first;
  const place = findRoom(task, length, context.stub.restorerArea);
  for (const { start, end } of parked) {
    const to = place + (start - first);
    task.call.mremap(start, end - start, end - start, MREMAP.MAYMOVE | MREMAP.FIXED, to).expect(to);
  }
  const runtime = BigInt(place + (parked.find(({ name }) => name === "[vdso]")?.start ?? first) - first);
  const patched = text.slice();
  for (const [name, at] of old) {
    const target = now.get(name);
    if (target === undefined) {
      throw new RestoreError("ERR_REFUSED", `This kernel's vdso has no ${name}, which task ${task.pid} may call`, {
        pid: task.pid,
      });
    }
    patched.set(jumpTo(runtime + BigInt(target)), at);
  }
  const size = recorded.end - recorded.start;
  const { READ, WRITE, EXEC } = PROT;
  task.call
    .mmap(recorded.start, size, READ | WRITE, MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE, -1, 0)
    .expect(recorded.start);
  task.copy(recorded.start, data(patched));
  task.call.mprotect(recorded.start, size, READ | EXEC);
}

/** Address space beside everything that the task has, below its highest mapping. */
function findRoom(task: Task, length: number, zone: { readonly start: number; readonly length: number }): number {
  const occupied = [...task.mm.vmas.map(({ start, end }) => ({ start: Number(start), end: Number(end) }))];
  occupied.push({ start: zone.start, end: zone.start + zone.length });
  occupied.sort((a, b) => b.start - a.start);
  let top = 0x7fff_f000_0000;
  for (const { start, end } of occupied) {
    if (top - length >= end) break;
    top = Math.min(top, start);
  }
  return top - length;
}
