import { AT_FDCWD, O } from "@restage/linux/abi";
import type { ProgramTarget } from "../program/program-target.ts";
import type { Tree } from "./tree.ts";

/** The descriptors that the restore itself needs in a task: the directory of the images, and the transport socket. */
export const SERVICE_NAMES = ["images", "transport"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/**
 * The numbers of descriptors that the restore itself uses inside tasks. They are the lowest that no descriptor of the checkpoint has, so they are
 * valid in shared tables, survive a fork, and fit a low RLIMIT_NOFILE.
 */
export class ServiceDescriptors {
  readonly #numbers: Readonly<Record<ServiceName, number>>;
  readonly #kept = new Map<string, number>();
  readonly #reserved = new Map<string, number>();
  readonly #free: () => number;

  constructor(tree: Tree) {
    const used = new Set<number>();
    for (const task of tree.tasks) if (task.survives) for (const { fd } of task.descriptors) used.add(fd);
    let next = 0;
    this.#free = () => {
      while (used.has(next)) next++;
      return next++;
    };
    this.#numbers = { images: this.#free(), transport: this.#free() };
  }

  /** The number for a service; the same in every task. */
  number(service: ServiceName): number {
    return this.#numbers[service];
  }
  /**
   * Keeps a file or directory open in every task until the end, for tasks that could no longer open it in a mount or user namespace of their own. To be
   * called while planning. Returns the descriptor's number.
   */
  keepOpen(path: string): number {
    const number = this.#kept.get(path) ?? this.#free();
    this.#kept.set(path, number);
    return number;
  }
  /** Reserves a number in every task for a descriptor that a plugin makes; it is closed at the end, like the others. To be called while planning. */
  reserve(name: string): number {
    const known = this.#reserved.get(name);
    if (known !== undefined) return known;
    const number = this.#free();
    this.#reserved.set(name, number);
    return number;
  }
  /** The files that are kept open: numbers by path. */
  get kept(): ReadonlyMap<string, number> {
    return this.#kept;
  }
  /** All numbers, ascending. */
  get numbers(): readonly number[] {
    return [...Object.values(this.#numbers), ...this.#kept.values(), ...this.#reserved.values()].sort((a, b) => a - b);
  }

  /**
   * Opens the directory of the images in the stub, whose children inherit it, and takes the other numbers with it, so that whatever is opened afterwards
   * gets another number.
   */
  openIn(stub: ProgramTarget, imageDirectory: string): void {
    const hint = "the images must stay readable during the restore";
    const directory = stub.call.openat(AT_FDCWD, imageDirectory, O.RDONLY | O.DIRECTORY | O.CLOEXEC).hint(hint);
    const images = this.number("images");
    // A fresh table gives 0; placing it there again would be dup3's EINVAL.
    if (images !== 0) stub.place(directory, images, { cloexec: true });
    for (const number of this.numbers) if (number !== images) stub.call.dup3(images, number, O.CLOEXEC);
    for (const [path, number] of this.#kept) {
      const file = stub.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC).hint(hint);
      stub.place(file, number, { cloexec: true });
    }
  }

  /** Closes them. The first of several tasks that share a table closes them for all. */
  closeIn(target: ProgramTarget): void {
    for (const number of this.numbers) target.call.close(number).allow("EBADF");
  }
}
