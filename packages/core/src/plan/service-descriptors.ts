import type { Tree } from "../tree/tree.ts";

/** What a task keeps open for the restore's own use. */
export type ServiceName = "images" | "transport";

/**
 * The numbers of descriptors that the restore itself uses inside tasks. They are the lowest that no descriptor of the whole
 * checkpoint has: so they are right in shared tables, survive a fork, and fit a low RLIMIT_NOFILE.
 */
export class ServiceDescriptors {
  readonly #used = new Set<number>();
  readonly #numbers = new Map<ServiceName, number>();

  constructor(tree: Tree) {
    for (const task of tree.tasks) {
      if (task.survives) for (const { fd } of task.descriptors) this.#used.add(fd);
    }
  }

  /** The number for a service; the same in every task. */
  number(service: ServiceName): number {
    const known = this.#numbers.get(service);
    if (known !== undefined) return known;
    let number = 0;
    while (this.#used.has(number)) number++;
    this.#used.add(number);
    this.#numbers.set(service, number);
    return number;
  }
}
