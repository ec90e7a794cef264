import { PTRACE_O } from "../abi/ptrace.ts";
import { ALL_SIGNALS, SIG } from "../abi/signal.ts";
import { waitStatus } from "../abi/wait.ts";
import { openPipe } from "../host/pipe.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import { type EncodedProgram, encodeProgram, isSuccess } from "../program/encode-x86-64.ts";
import type { Operand, Program, Step, SyscallStep } from "../program/program.ts";
import { PARKING_SIZE, RestorerArea } from "../restorer-area/restorer-area.ts";
import { bootStub } from "../stub/boot.ts";
import { type Ptrace, STOP_TIMEOUT } from "../tracee/ptrace.ts";

const AREA_ADDRESS = 0x100_0000_0000 + PARKING_SIZE;
const AREA_SIZE = 64 * 1024 * 1024;

/** An undo, and its program in the janitor's memory. */
interface Undo {
  /** The steps as they were registered: they say which failures are allowed. */
  readonly asked: Program;
  readonly steps: readonly Step[];
  readonly encoded: EncodedProgram;
}

/**
 * Undoes what a restore made on the host, even when the coordinator is killed. It is a second stub, untraced, that reads from a pipe whose
 * other end only the coordinator has open. At end of file it runs the undo programs, newest first, with the same interpreter.
 */
export class Janitor {
  readonly #raw: RawSyscalls;
  readonly #ptrace: Ptrace;
  readonly #area: RestorerArea;
  readonly #pid: number;
  readonly #pipe: number;
  /** The program that ends with the read. It continues with the newest undo. */
  readonly #next: EncodedProgram;
  readonly #leave: EncodedProgram;
  readonly #undos: Undo[] = [];

  constructor(raw: RawSyscalls, ptrace: Ptrace) {
    this.#raw = raw;
    this.#ptrace = ptrace;
    this.#area = new RestorerArea(raw, AREA_ADDRESS, AREA_SIZE);
    const area = this.#area;
    const { read, write } = openPipe(raw);
    this.#pipe = write;
    const stubPage = AREA_ADDRESS + AREA_SIZE;
    const { pid, slot } = bootStub(raw, ptrace, area, stubPage, PTRACE_O.EXITKILL, { inherit: [read] });
    this.#pid = pid;
    this.#leave = encodeProgram([call("exit_group", 0)], area);
    // It keeps only the pipe open, and has a session of its own: no signal of a terminal ends it.
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
    ptrace.setSignalMask(pid, ALL_SIGNALS);
    checked(ptrace.detach(pid, 0), "ptrace(PTRACE_DETACH)", "let the janitor wait");
    raw.syscall("close", read);
  }

  /** Registers an undo, which runs before all earlier ones. Returns a function that cancels it. */
  push(steps: Program): () => void {
    const tolerant = tolerate(steps);
    const encoded = encodeProgram(tolerant, this.#area);
    encoded.continueAt(this.#undos.at(-1)?.encoded.address ?? this.#leave.address);
    const undo = { asked: steps, steps: tolerant, encoded };
    this.#undos.push(undo);
    this.#next.continueAt(encoded.address);
    return () => this.#forget(undo);
  }

  /** Forgets all undos for the sake of another program, which runs instead of them if this process is killed. One write makes the change. */
  replace(steps: Program): void {
    const encoded = encodeProgram(tolerate(steps), this.#area);
    encoded.continueAt(this.#leave.address);
    this.#next.continueAt(encoded.address);
    this.#undos.length = 0;
  }

  /** Undoes everything. Returns the steps that failed. */
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

  /** Ends without undoing anything. */
  dismiss(): void {
    this.#next.continueAt(this.#leave.address);
    this.#dismiss();
    this.#undos.length = 0;
    this.#area.close();
  }

  /** Links the next newer undo to the next older one. */
  #forget(undo: Undo): void {
    const index = this.#undos.indexOf(undo);
    if (index < 0) return;
    this.#undos.splice(index, 1);
    const newer = this.#undos[index]?.encoded ?? this.#next;
    newer.continueAt(this.#undos[index - 1]?.encoded.address ?? this.#leave.address);
  }

  #dismiss(): boolean {
    this.#raw.syscall("close", this.#pipe);
    const waited = this.#ptrace.wait(this.#pid, STOP_TIMEOUT);
    if (waited === undefined) {
      this.#raw.syscall("kill", this.#pid, SIG.KILL);
      this.#ptrace.waitForEnd(this.#pid);
      return false;
    }
    return typeof waited === "number" && waitStatus(waited).kind === "exited";
  }
}

/** A copy of the steps in which every failure is allowed, so that each step runs whatever happens to the others. */
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
