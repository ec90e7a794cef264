import type { AddressRange, ParkedMapping, Stub } from "@restage/linux";
import { CLONE, SIG } from "@restage/linux/abi";
import type { Call } from "../program/deferred.ts";
import { ProgramTarget } from "../program/program-target.ts";
import type { Task } from "./task.ts";

/**
 * The process from which the root task is forked. It has no memory of its own but the zone; what it is (working
 * directory, descriptors, limits) the root task begins with.
 */
export class StubTask extends ProgramTarget {
  readonly name = "the stub";
  /** Where vvar and vdso wait in every task, in address order. */
  readonly vdso: readonly ParkedMapping[];
  /** The text of this kernel's vdso; a recording kernel has none. */
  readonly vdsoText: Uint8Array | undefined;
  /** Address space in which a task may map memory for its own use during the restore. */
  readonly scratch: AddressRange;
  /** Address space that every task keeps free until the end. */
  readonly zone: { readonly start: number; readonly length: number };

  /** Is it the init of a pid namespace, which stays when the tree runs? */
  readonly isInit: boolean;
  /** Is it the root task itself, so that there is nothing to be forked? */
  readonly isRoot: boolean;

  constructor({ tracee, vdso, vdsoText, scratch, zone }: Stub, isRoot: boolean) {
    super();
    this.tracee = tracee;
    this.isRoot = isRoot;
    this.isInit = tracee.inPidNamespace === true && !isRoot;
    this.vdso = vdso;
    this.vdsoText = vdsoText;
    this.scratch = scratch;
    this.zone = zone;
  }

  /**
   * Forks the root task. Not to be called when that is the stub itself.
   *
   * @param flags new namespaces.
   * @param child is it to be a child of the coordinator? Not if the stub is an init: nobody in its namespace can be.
   */
  fork(root: Task, flags: number, { child }: { readonly child: boolean }): Call {
    const exitSignal = child ? 0 : SIG.CHLD;
    return this.open.fork(root, { flags: child ? flags | CLONE.PARENT : flags, exitSignal, setTid: [root.pid] });
  }
}
