import { describe, expect, it } from "vitest";
import { CLONE, PAGE_SIZE, SIG, USER_REGS_SIZE, userRegOffset, W, waitStatus } from "../src/abi/mod.ts";
import { readStat, readText } from "../src/host/procfs.ts";
import type { ExtendedState, FinalState, Tracee } from "../src/kernel.ts";
import { child, isThere, kernel, mapping, there, until } from "./driven-kernel.ts";
import { call, data, resultOf } from "./steps.ts";
import { needing } from "./support.ts";

/** mov rdi, [rsi] ; mov eax, 231 (exit_group) ; syscall */
const EXIT_WITH_WORD = Uint8Array.of(0x48, 0x8b, 0x3e, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05);
/** mov eax, 34 (pause) ; syscall ; jmp to the start */
const PAUSE = Uint8Array.of(0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xf7);
const NOTHING_USED: ExtendedState = { legacy: legacyState(), components: [] };

/** The FXSAVE area of a thread that has computed nothing: control word and mxcsr as the kernel sets them. */
function legacyState(): Uint8Array {
  const area = new Uint8Array(512);
  new DataView(area.buffer).setUint16(0, 0x37f, true);
  new DataView(area.buffer).setUint32(24, 0x1f80, true);
  return area;
}

/** A task with some code in a page of its own. */
async function taskWithCode(code: Uint8Array, flags: number = CLONE.PARENT): Promise<{ task: Tracee; page: number }> {
  const task = await child(flags);
  const page = mapping(PAGE_SIZE);
  await kernel.run(task, [page, { kind: "copy", to: resultOf(page), from: data(code) }]);
  return { task, page: page.result ?? 0 };
}

function finalState(values: Readonly<Record<string, number>>, more: Partial<FinalState> = {}): FinalState {
  const registers = new Uint8Array(USER_REGS_SIZE);
  const view = new DataView(registers.buffer);
  const all = { orig_ax: -1, cs: 0x33, ss: 0x2b, flags: 0x202, ...values };
  for (const [name, value] of Object.entries(all)) view.setBigInt64(userRegOffset(name as "ip"), BigInt(value), true);
  return { registers, threadAreas: [], extendedState: NOTHING_USED, signalMask: 0n, lastCalls: [], pokes: [], ...more };
}

describe.skipIf(!there)(needing(there, "a concluded task", "Linux on x86_64"), () => {
  it("resumes with its registers and poked words, and without the restorer area", async () => {
    const { task, page } = await taskWithCode(EXIT_WITH_WORD);
    const umask = call("umask", 0o77);
    const state = finalState(
      { ip: page, si: page + 64 },
      { pokes: [{ address: BigInt(page + 64), value: 42n }], lastCalls: [umask] },
    );
    kernel.conclude([[{ tracee: task, state }]]);
    expect(umask.result).toBeTypeOf("number");
    const maps = readText(`/proc/${task.tid}/maps`) ?? "";
    // Only its own page is left; and the vsyscall page, which every task has.
    expect(maps.split("\n").filter((line) => !line.endsWith("[vsyscall]"))).toHaveLength(1);
    expect(kernel.resume([task])).toEqual([]);
    const { raw } = kernel;
    const end = () => raw.syscall("wait4", task.tid, raw.scratchAddress, W.NOHANG | W.ALL, 0) === task.tid;
    expect(await until(end)).toBe(true);
    expect(waitStatus(raw.scratchView.getUint32(0, true))).toEqual({ kind: "exited", code: 42 });
  });

  it("is returned by resume when it has ended", async () => {
    const { task, page } = await taskWithCode(PAUSE);
    kernel.conclude([[{ tracee: task, state: finalState({ ip: page }) }]]);
    process.kill(task.tid, "SIGKILL");
    expect(await until(() => readStat(task.tid)?.state === "Z")).toBe(true);
    expect(kernel.resume([task])).toEqual([task]);
    kernel.raw.syscall("wait4", task.tid, 0, W.ALL, 0);
  });

  it("can resume into a stop, and is still killed by killAll", async () => {
    const { task, page } = await taskWithCode(PAUSE, 0);
    kernel.conclude([[{ tracee: task, state: finalState({ ip: page }) }]]);
    expect(kernel.resumeStopped([task], SIG.STOP)).toEqual([]);
    expect(readStat(task.tid)?.state).toBe("T");
    expect(await kernel.killAll()).toEqual([]);
    expect(isThere(task.tid)).toBe(false);
  });
});
