import type { OwnFileEntry, OwnIpcEntry, OwnNetworkEntry, OwnTaskEntry, OwnThreadEntry } from "@restage/images";
import type { Draft } from "./draft.ts";
import type { ImageWriter } from "./image-writer.ts";

/** What CRIU's images have no fields for. It goes into restage.img, which CRIU ignores; there is none when there is nothing to record. */
export class OwnDrafts {
  readonly #threads = new Map<number, Draft<OwnThreadEntry>>();
  readonly #tasks = new Map<number, Draft<OwnTaskEntry>>();
  readonly #files = new Map<number, Draft<OwnFileEntry>>();
  readonly #networks = new Map<number, Draft<OwnNetworkEntry>>();
  readonly #ipcs = new Map<number, Draft<OwnIpcEntry>>();

  /** Of a thread, by its id in the images. */
  thread(tid: number): Draft<OwnThreadEntry> {
    return draftOf(this.#threads, tid, { tid });
  }
  /** Of a process, by its pid in the images. */
  task(pid: number): Draft<OwnTaskEntry> {
    return draftOf(this.#tasks, pid, { pid });
  }
  /** Of an open file, by its id in the images. */
  file(id: number): Draft<OwnFileEntry> {
    return draftOf(this.#files, id, { id });
  }

  /** Of a network namespace, by its id in the images. */
  network(id: number): Draft<OwnNetworkEntry> {
    return draftOf(this.#networks, id, { id });
  }
  /** Of an IPC namespace, by its id in the images. */
  ipc(id: number): Draft<OwnIpcEntry> {
    return draftOf(this.#ipcs, id, { id });
  }

  /** Makes the image. */
  addTo(images: ImageWriter): void {
    for (const thread of this.#threads.values()) images.add("restage", undefined, { value: { thread } });
    for (const task of this.#tasks.values()) images.add("restage", undefined, { value: { task } });
    for (const file of this.#files.values()) images.add("restage", undefined, { value: { file } });
    for (const network of this.#networks.values()) images.add("restage", undefined, { value: { network } });
    for (const ipc of this.#ipcs.values()) images.add("restage", undefined, { value: { ipc } });
  }
}

function draftOf<T>(drafts: Map<number, T>, id: number, first: T): T {
  const known = drafts.get(id);
  if (known !== undefined) return known;
  drafts.set(id, first);
  return first;
}
