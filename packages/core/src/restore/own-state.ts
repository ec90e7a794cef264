import type { OwnEntry, OwnFileEntry, OwnTaskEntry, OwnThreadEntry } from "@restage/images";

/** What CRIU's images have no fields for, from restage.img. Images of CRIU have none. */
export class OwnState {
  readonly #threads = new Map<number, OwnThreadEntry>();
  readonly #tasks = new Map<number, OwnTaskEntry>();
  readonly #files = new Map<number, OwnFileEntry>();

  constructor(entries: readonly OwnEntry[]) {
    for (const { thread, task, file } of entries) {
      if (thread !== undefined) this.#threads.set(thread.tid, thread);
      if (task !== undefined) this.#tasks.set(task.pid, task);
      if (file !== undefined) this.#files.set(file.id, file);
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
}
