import type { ImageSet } from "@restage/core";
import {
  type CoreEntry,
  type EntryValue,
  type PstreeEntry,
  readPageBytes,
  type ThreadInfoX86,
  vmaStatus,
} from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { Bytes, type Note } from "./elf.ts";
import { extendedRegisters, featuresOf, floatingPointRegisters, generalRegisters } from "./registers-x86-64.ts";

// Source: Linux, include/uapi/linux/elf.h and include/linux/elfcore.h.
const NT = { PRSTATUS: 1, PRFPREG: 2, PRPSINFO: 3, AUXV: 6, FILE: 0x46494c45, X86_XSTATE: 0x202 } as const;
const PRSTATUS_SIZE = 336;
const PRPSINFO_SIZE = 136;
const NAME_SIZE = 16;
const ARGUMENTS_SIZE = 80;
const STOPPED = 3;

/** A thread with its core image. */
export interface CoreOfThread {
  readonly tid: number;
  readonly core: CoreEntry;
  readonly registers: ThreadInfoX86;
}

/** The notes of a task, in the kernel's order: debuggers take the notes of a thread to begin with its NT_PRSTATUS. */
export function* notesOf(images: ImageSet, task: PstreeEntry, threads: readonly CoreOfThread[]): Generator<Note> {
  const mm = images.value("mm", task.pid);
  const [leader] = threads;
  if (leader === undefined) return;
  const features = featuresOf(threads.map(({ registers }) => registers));
  const [first, ...others] = threads.map((thread) => [...threadNotes(task, thread, features)]);
  yield first![0]!;
  yield { owner: "CORE", type: NT.PRPSINFO, content: processInfo(images, task, leader.core, mm) };
  yield { owner: "CORE", type: NT.AUXV, content: new Uint8Array(BigUint64Array.from(mm.mm_saved_auxv).buffer) };
  yield { owner: "CORE", type: NT.FILE, content: mappedFiles(images, mm) };
  yield* first!.slice(1);
  for (const notes of others) yield* notes;
}

function* threadNotes(task: PstreeEntry, { tid, core, registers }: CoreOfThread, features: bigint): Generator<Note> {
  yield { owner: "CORE", type: NT.PRSTATUS, content: threadStatus(task, tid, core, registers) };
  const floatingPoint = floatingPointRegisters(registers);
  if (floatingPoint !== undefined) yield { owner: "CORE", type: NT.PRFPREG, content: floatingPoint };
  const extended = extendedRegisters(registers, features);
  if (extended !== undefined) yield { owner: "LINUX", type: NT.X86_XSTATE, content: extended };
}

/** Makes struct elf_prstatus. */
function threadStatus(task: PstreeEntry, tid: number, core: CoreEntry, registers: ThreadInfoX86): Uint8Array {
  const status = new Bytes(PRSTATUS_SIZE);
  status.u64(24, core.thread_core?.blk_sigset ?? core.tc?.blk_sigset ?? 0n);
  [tid, task.ppid, task.pgid, task.sid].forEach((id, index) => {
    status.u32(32 + 4 * index, id);
  });
  status.bytes.set(generalRegisters(registers), 112);
  status.u32(328, registers.fpregs === undefined ? 0 : 1);
  return status.bytes;
}

/** Makes struct elf_prpsinfo. */
function processInfo(images: ImageSet, task: PstreeEntry, core: CoreEntry, mm: EntryValue<"mm">): Uint8Array {
  const info = new Bytes(PRPSINFO_SIZE);
  const state = core.tc?.task_state === STOPPED ? { number: 3, letter: "T" } : { number: 0, letter: "R" };
  info.bytes.set([state.number, state.letter.charCodeAt(0), 0, (core.thread_core?.sched_nice ?? 0) & 0xff]);
  info.u64(8, core.tc?.flags ?? 0);
  [core.thread_core?.creds?.uid ?? 0, core.thread_core?.creds?.gid ?? 0].forEach((id, index) => {
    info.u32(16 + 4 * index, id);
  });
  [task.pid, task.ppid, task.pgid, task.sid].forEach((id, index) => {
    info.u32(24 + 4 * index, id);
  });
  info.bytes.set(Buffer.from(core.tc?.comm ?? "").subarray(0, NAME_SIZE - 1), 40);
  info.bytes.set(argumentsOf(images, task.pid, mm).subarray(0, ARGUMENTS_SIZE - 1), 40 + NAME_SIZE);
  return info.bytes;
}

/** The command line, with spaces between the arguments; empty if the images do not have it. */
function argumentsOf(images: ImageSet, pid: number, { mm_arg_start, mm_arg_end }: EntryValue<"mm">): Uint8Array {
  const length = Math.min(Number(mm_arg_end - mm_arg_start), ARGUMENTS_SIZE);
  const runs = images.pagemap("pagemap", pid)?.runs ?? [];
  const bytes = length <= 0 ? undefined : readPageBytes(runs, mm_arg_start, length);
  return (bytes ?? new Uint8Array()).map((byte) => (byte === 0 ? 0x20 : byte));
}

/** Makes the note of mapped files: a count and the size of a page, then start, end and offset in pages of each, then their names. */
function mappedFiles(images: ImageSet, mm: EntryValue<"mm">): Uint8Array {
  const files = mm.vmas.flatMap(({ status, shmid, start, end, pgoff }) => {
    if ((status & (vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_FILE_SHARED)) === 0) return [];
    const name = images.files.get(Number(shmid))?.reg?.name;
    return name === undefined ? [] : [{ name, place: [start, end, pgoff / BigInt(PAGE_SIZE)] }];
  });
  const numbers = [BigInt(files.length), BigInt(PAGE_SIZE), ...files.flatMap(({ place }) => place)];
  const names = Buffer.from(files.map(({ name }) => `${name}\0`).join(""));
  return Buffer.concat([new Uint8Array(BigUint64Array.from(numbers).buffer), names]);
}
