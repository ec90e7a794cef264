import { O } from "../abi/fcntl.ts";
import { PTRACE_O } from "../abi/ptrace.ts";
import { SIG } from "../abi/signal.ts";
import { waitStatus } from "../abi/wait.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import { type EncodedProgram, encodeProgram, isSuccess } from "../program/encode-x86-64.ts";
import type { Operand, Program, Step, SyscallStep } from "../program/program.ts";
import { PARKING_SIZE, RestorerArea } from "../restorer-area/restorer-area.ts";
import { bootStub } from "../stub/boot.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";

const AREA_ADDRESS = 0x100_0000_0000 + PARKING_SIZE;
const AREA_SIZE = 64 * 1024 * 1024;

/** What is to be undone, and its program in the janitor's memory. */
interface Undo {
  /** As they were asked for: their failures count only where they do not allow them. */
  readonly asked: Program;
  readonly steps: readonly Step[];
  readonly encoded: EncodedProgram;
}

/**
 * Undoes what a restore made on the host, also when the coordinator is killed: a second stub, untraced, that waits in a read
 * of a pipe whose other end only the coordinator has. At its end it runs the undo programs, newest first, with the same
 * interpreter as everything else.
 */
export class Janitor {
  readonly #host: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #area: RestorerArea;
  readonly #pid: number;
  readonly #pipe: number;
  /** Where the program goes on after the read: the newest undo. */
  readonly #next: EncodedProgram;
  readonly #leave: EncodedProgram;
  readonly #undos: Undo[] = [];

  constructor(host: RawSyscalls, ptrace: Ptrace) {
    this.#host = host;
    this.#ptrace = ptrace;
    this.#area = new RestorerArea(host, AREA_ADDRESS, AREA_SIZE);
    const area = this.#area;
    checked(host.syscall("pipe2", host.scratchAddress, O.CLOEXEC), "pipe2", "start the janitor");
    const read = host.scratchView.getUint32(0, true);
    this.#pipe = host.scratchView.getUint32(4, true);
    const stubPage = AREA_ADDRESS + AREA_SIZE;
    const { pid, slot } = bootStub(host, ptrace, area, stubPage, PTRACE_O.EXITKILL, { inherit: [read] });
    this.#pid = pid;
    this.#leave = encodeProgram([call("exit_group", 0)], area);
    // Nothing of the coordinator's is kept open but the pipe; a session of its own, so that no terminal's signal ends it.
    const prologue: Program = [
      call("close_range", 0, read - 1),
      call("close_range", read + 1, 0xffff_ffff),
      call("setsid"),
      call("chdir", { kind: "address", data: data("/\0"), offset: 0 }),
      call("read", read, { kind: "address", data: data("\0\0\0\0\0\0\0\0"), offset: 0 }, 1),
    ];
    this.#next = encodeProgram(prologue, area);
    this.#next.continueAt(this.#leave.address);
    slot.set(this.#next.address);
    ptrace.setSignalMask(pid, 0xffff_ffff_ffff_ffffn);
    checked(ptrace.detach(pid, 0), "ptrace(PTRACE_DETACH)", "let the janitor wait");
    host.syscall("close", read);
  }

  /** Adds steps, to be made before all that were added earlier. Returns what takes them out again. */
  push(steps: Program): () => void {
    const tolerant = tolerate(steps);
    const encoded = encodeProgram(tolerant, this.#area);
    encoded.continueAt(this.#undos.at(-1)?.encoded.address ?? this.#leave.address);
    const undo = { asked: steps, steps: tolerant, encoded };
    this.#undos.push(undo);
    this.#next.continueAt(encoded.address);
    return () => this.#forget(undo);
  }

  /** Lets it undo everything. Returns the steps that failed. */
  run(): readonly SyscallStep[] {
    const ended = this.#dismiss();
    const failed: SyscallStep[] = [];
    for (const { asked, steps, encoded } of this.#undos) {
      encoded.collect();
      steps.forEach((step, index) => {
        const wanted = asked[index];
        if (step.kind !== "syscall" || wanted?.kind !== "syscall") return;
        if (!ended || !isSuccess(wanted, step.result)) failed.push(step);
      });
    }
    this.#undos.length = 0;
    this.#area.close();
    return failed;
  }

  /** Lets it go without undoing anything. */
  dismiss(): void {
    this.#next.continueAt(this.#leave.address);
    this.#dismiss();
    this.#undos.length = 0;
    this.#area.close();
  }

  /** The next newer one goes on with the next older one. */
  #forget(undo: Undo): void {
    const index = this.#undos.indexOf(undo);
    if (index < 0) return;
    this.#undos.splice(index, 1);
    const newer = this.#undos[index]?.encoded ?? this.#next;
    newer.continueAt(this.#undos[index - 1]?.encoded.address ?? this.#leave.address);
  }

  #dismiss(): boolean {
    this.#host.syscall("close", this.#pipe);
    const raw = this.#ptrace.wait(this.#pid, STOP_TIMEOUT);
    if (raw === undefined) {
      this.#host.syscall("kill", this.#pid, SIG.KILL);
      this.#ptrace.waitForEnd(this.#pid);
      return false;
    }
    return typeof raw === "number" && waitStatus(raw).kind === "exited";
  }
}

/** The same steps, of which each is made whatever becomes of the others. */
function tolerate(steps: Program): readonly Step[] {
  const copies = new Map<Step, SyscallStep>();
  const copied = (value: Operand): Operand => {
    const step = typeof value === "object" && value.kind === "result" ? copies.get(value.step) : undefined;
    return step === undefined ? value : { kind: "result", step };
  };
  return steps.map((step): Step => {
    if (step.kind !== "syscall") return step;
    const copy: SyscallStep = { ...step, args: step.args.map(copied), allowed: "any" };
    copies.set(step, copy);
    return copy;
  });
}

function call(name: SyscallStep["name"], ...args: SyscallStep["args"]): SyscallStep {
  return { kind: "syscall", name, args, allowed: "any" };
}

function data(text: string) {
  return { kind: "data", bytes: new TextEncoder().encode(text), fields: [], output: false } as const;
}
