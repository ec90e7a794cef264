import type {
  OwnEntry,
  OwnFileEntry,
  OwnIpcEntry,
  OwnNetworkEntry,
  OwnTaskEntry,
  OwnThreadEntry,
} from "@restage/images";

/** What CRIU's images have no fields for, from restage.img. Images of CRIU have none. */
export class OwnState {
  readonly #threads = new Map<number, OwnThreadEntry>();
  readonly #tasks = new Map<number, OwnTaskEntry>();
  readonly #files = new Map<number, OwnFileEntry>();
  readonly #networks = new Map<number, OwnNetworkEntry>();
  readonly #ipcs = new Map<number, OwnIpcEntry>();

  constructor(entries: readonly OwnEntry[]) {
    for (const { thread, task, file, network, ipc } of entries) {
      if (thread !== undefined) this.#threads.set(thread.tid, thread);
      if (task !== undefined) this.#tasks.set(task.pid, task);
      if (file !== undefined) this.#files.set(file.id, file);
      if (network !== undefined) this.#networks.set(network.id, network);
      if (ipc !== undefined) this.#ipcs.set(ipc.id, ipc);
    }
  }

  /** Of a thread, by its id in the images. */
  thread(tid: number): OwnThreadEntry | undefined {
    return this.#threads.get(tid);
  }
  /** Of a process, by its pid in the images. */
  task(pid: number): OwnTaskEntry | undefined {
    return this.#tasks.get(pid);
  }
  /** Of an open file, by its id in the images. */
  file(id: number): OwnFileEntry | undefined {
    return this.#files.get(id);
  }
  /** Of a network namespace, by its id in the images. */
  network(id: number): OwnNetworkEntry | undefined {
    return this.#networks.get(id);
  }
  /** Of an IPC namespace, by its id in the images. */
  ipc(id: number): OwnIpcEntry | undefined {
    return this.#ipcs.get(id);
  }
}
