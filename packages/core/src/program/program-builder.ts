import type { Data, LoadedOperand, Operand, Step, SyscallStep } from "@restage/linux";
import { CLONE, CLONE_ARGS, O } from "@restage/linux/abi";
import type { CloneArguments } from "./call-signatures.ts";
import { CALLS, type CallArguments, type CallName, encodeArguments } from "./calls.ts";
import { Call, loaded, output, type Value } from "./deferred.ts";
import { problemOfValue } from "./parameter.ts";
import type { ProgramTarget } from "./program-target.ts";

/** How long the kernel can take to free the pid of a process that has ended, in milliseconds. Nobody has it then, and clone3(2) gives EEXIST. */
const FREEING = 500;

/** A step and the plugin that asked for it. */
export type RecordedStep = Step & { readonly plugin: string };

/** A task or thread that a recorded call will create. */
export interface Fork {
  readonly call: Call;
  readonly child: ProgramTarget;
  /** Flags of clone3. */
  readonly flags: number;
}

/** Runs recorded calls in the thread that the builder records for. */
export type RunSteps = (steps: readonly RecordedStep[], forks: readonly Fork[]) => Promise<void>;

/** Records system calls, by name. The two that make a pair of descriptors return both. */
export type Calls = {
  readonly [N in Exclude<CallName, "pipe2" | "socketpair">]: (...args: CallArguments<N>) => Call;
} & {
  pipe2(flags: Value): readonly [LoadedOperand, LoadedOperand];
  socketpair(domain: Value, type: Value, protocol: Value): readonly [LoadedOperand, LoadedOperand];
};

/**
 * Records the system calls that a thread makes in one stage. The stage's taps use it one after the other. When all have settled, it is sealed, so
 * that a call after a forgotten `await` is an error and is not lost.
 */
export class ProgramBuilder {
  readonly call: Calls;
  readonly #run: RunSteps;
  #steps: RecordedStep[] = [];
  #forks: Fork[] = [];
  #sealed: string | undefined;
  #plugin = "core";

  /** @param run makes the recorded calls; called by flush. */
  constructor(run: RunSteps) {
    this.#run = run;
    this.call = new Recorder(this) as unknown as Calls;
  }

  /** The plugin that is recording; set by the plugin driver around each tap. */
  set plugin(name: string) {
    this.#plugin = name;
  }
  get plugin(): string {
    return this.#plugin;
  }

  /** Records a call by name. */
  record(name: CallName, args: readonly unknown[]): Call {
    const step: SyscallStep & { plugin: string } = {
      kind: "syscall",
      name,
      args: encodeArguments(name, args),
      plugin: this.#plugin,
    };
    this.#push(step);
    return new Call(step);
  }

  /** Forks a task or thread, which starts traced; the coordinator takes it over after the program has run. */
  fork(child: ProgramTarget, args: CloneArguments): Call {
    const call = this.record("clone3", [{ ...args, flags: args.flags | CLONE.PTRACE }, CLONE_ARGS.size]);
    call.patient(FREEING);
    this.#forks.push({ call, child, flags: args.flags });
    return call;
  }

  /** Copies bytes to an address of the task. */
  copy(to: Operand, from: Data): void {
    assertValue(to, "copy: the address");
    this.#push({ kind: "copy", to, from, plugin: this.#plugin });
  }

  /** Makes `length` bytes of whole pages equal to other pages of the task, page by page. */
  merge(to: Operand, from: Operand, length: number): void {
    assertValue(to, "merge: the address");
    assertValue(from, "merge: the source");
    assertValue(length, "merge: the length");
    this.#push({ kind: "merge", to, from, length, plugin: this.#plugin });
  }

  /**
   * Gives an open descriptor its number, which was kept free for it (see ServiceDescriptors), and closes the old one.
   */
  place(descriptor: Value, number: number, options: { readonly cloexec: boolean }): void {
    this.call.dup3(descriptor, number, options.cloexec ? O.CLOEXEC : 0);
    this.call.close(descriptor);
  }

  /** Opens a file of /proc or the like, writes to it, and closes it. Returns the write. */
  writeFile(path: string, content: string): Call {
    const file = this.call.openat(-100, path, O.WRONLY | O.CLOEXEC, 0);
    const bytes = new TextEncoder().encode(content);
    const write = this.call.write(file, bytes, bytes.length);
    this.call.close(file);
    return write;
  }

  /** Runs what has been recorded so far, and waits for it. Afterwards, results can be read. */
  async flush(): Promise<void> {
    const steps = this.#steps;
    const forks = this.#forks;
    this.#steps = [];
    this.#forks = [];
    if (steps.length > 0) await this.#run(steps, forks);
  }

  /** Accepts no more calls. `why` is the reason in the error for a call that comes too late. */
  seal(why: string): void {
    this.#sealed = why;
  }

  #push(step: RecordedStep): void {
    if (this.#sealed !== undefined) {
      const call = step.kind === "syscall" ? `${step.name}()` : `a ${step.kind}`;
      throw new Error(`Cannot record ${call}: ${this.#sealed}`);
    }
    this.#steps.push(step);
  }
}

function assertValue(value: unknown, what: string): void {
  const problem = problemOfValue(value);
  if (problem !== undefined) throw new TypeError(`Cannot record ${what} is ${problem}`);
}

/** One method per call, on the prototype, so that a recorder for each of a thousand tasks costs nothing. */
class Recorder {
  readonly builder: ProgramBuilder;
  constructor(builder: ProgramBuilder) {
    this.builder = builder;
  }
}

/** The calls that make a pair of descriptors: they return both, not the call. */
const PAIRS: ReadonlySet<CallName> = new Set<CallName>(["pipe2", "socketpair"]);

for (const name of Object.keys(CALLS) as CallName[]) {
  if (PAIRS.has(name)) continue;
  Object.defineProperty(Recorder.prototype, name, {
    value(this: Recorder, ...args: unknown[]) {
      return this.builder.record(name, args);
    },
  });
}

function pairOf(room: Data): readonly [LoadedOperand, LoadedOperand] {
  return [loaded(room, 0, 4), loaded(room, 4, 4)];
}

Object.defineProperty(Recorder.prototype, "pipe2", {
  value(this: Recorder, flags: Value) {
    const room = output(8);
    this.builder.record("pipe2", [room, flags]);
    return pairOf(room);
  },
});
Object.defineProperty(Recorder.prototype, "socketpair", {
  value(this: Recorder, domain: Value, type: Value, protocol: Value) {
    const room = output(8);
    this.builder.record("socketpair", [domain, type, protocol, room]);
    return pairOf(room);
  },
});
