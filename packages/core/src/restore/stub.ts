import type { AddressRange, ParkedMapping, Stub } from "@restage/linux";
import { CLONE, findFreeAddress, SIG } from "@restage/linux/abi";
import type { Call } from "../program/deferred.ts";
import { ProgramTarget } from "../program/program-target.ts";
import type { Task } from "./task.ts";

/**
 * The process that forks the root task. It has no memory but the restorer area. The root task inherits its working directory, descriptors and
 * limits.
 */
export class StubTask extends ProgramTarget {
  readonly name = "the stub";
  /** Where vvar and vdso are parked in every task, in address order. */
  readonly vdso: readonly ParkedMapping[];
  /** The text of this kernel's vdso; a recording kernel has none. */
  readonly vdsoText: Uint8Array | undefined;
  /** Address space in which a task can map memory for its own use during the restore. */
  readonly scratch: AddressRange;
  /** Address space that every task keeps free until the end. */
  readonly restorerArea: { readonly start: number; readonly length: number };

  readonly #occupied: readonly AddressRange[];

  /** Whether it is the init of a pid namespace, which stays when the tree runs. */
  readonly isInit: boolean;
  /** Whether it becomes the root task itself, so that nothing has to be forked. */
  readonly isRoot: boolean;

  /** @param occupied addresses that tasks use, or that hold memory of a template. */
  constructor(
    { tracee, vdso, vdsoText, scratch, restorerArea }: Stub,
    isRoot: boolean,
    occupied: readonly AddressRange[],
  ) {
    super();
    this.tracee = tracee;
    this.isRoot = isRoot;
    this.isInit = tracee.inPidNamespace === true && !isRoot;
    this.vdso = vdso;
    this.vdsoText = vdsoText;
    this.scratch = scratch;
    this.restorerArea = restorerArea;
    const { start, length } = restorerArea;
    this.#occupied = [...occupied, { start, end: start + length }];
  }

  /** Address space that is free in the stub and in every task: a multiple of 2 MiB. */
  freeAddress(length: number): number {
    return findFreeAddress(this.#occupied, length);
  }

  /**
   * Forks the root task. Must not be called when the stub itself becomes the root task.
   *
   * @param flags new namespaces.
   * @param child whether it becomes a child of the stub's parent: of the coordinator, or of its parent if the stub is a sibling of it. Impossible if the stub is an init: no task of its namespace can be one.
   */
  fork(root: Task, flags: number, { child }: { readonly child: boolean }): Call {
    const exitSignal = child ? 0 : SIG.CHLD;
    return this.open.fork(root, { flags: child ? flags | CLONE.PARENT : flags, exitSignal, setTid: [root.pid] });
  }
}
