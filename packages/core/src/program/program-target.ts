import type { Data, Operand, Tracee } from "@restage/linux";
import type { Call, Value } from "./deferred.ts";
import type { Calls, ProgramBuilder } from "./program-builder.ts";

/**
 * A task, a thread, or the stub: something that makes system calls. What is recorded here goes into the program of the current stage; between stages
 * there is none.
 */
export abstract class ProgramTarget {
  /** Its name in messages. */
  abstract readonly name: string;
  /** The thread that the kernel drives for it, once it exists. */
  tracee: Tracee | undefined;
  /** The open program of the current stage; set by the coordinator. */
  program: ProgramBuilder | undefined;

  /** Records a system call: `task.call.umask(0o22)`. */
  get call(): Calls {
    return this.open.call;
  }
  /** Gives an open descriptor its number in the image. */
  place(descriptor: Value, number: number, options: { readonly cloexec: boolean }): void {
    this.open.place(descriptor, number, options);
  }
  /** Copies bytes to an address of the task. */
  copy(to: Operand, from: Data): void {
    this.open.copy(to, from);
  }
  /** Makes whole pages equal to other pages of the task; pages that are equal already stay shared. */
  merge(to: Operand, from: Operand, length: number): void {
    this.open.merge(to, from, length);
  }
  /** Opens a file, writes to it, closes it. Returns the write. */
  writeFile(path: string, content: string): Call {
    return this.open.writeFile(path, content);
  }
  /** Runs what was recorded so far, so that results can be read. */
  flush(): Promise<void> {
    return this.open.flush();
  }

  /** The open program. Throws when there is none. */
  protected get open(): ProgramBuilder {
    if (this.program === undefined) {
      throw new Error(`Cannot record a call of ${this.name}: no program is open for it now`);
    }
    return this.program;
  }
}
