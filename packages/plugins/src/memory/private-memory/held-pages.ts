import type { AddressRange, Seizer } from "@restage/linux";

/** Pages of one mapping that have the same flags in the image. */
export interface Run {
  readonly range: AddressRange;
  readonly flags: number;
  /** Their content, if it is not read from the task or its copy. */
  readonly content: Uint8Array | undefined;
}

/** The most memory to hold, in bytes. */
const LIMIT = 64 * 1024 * 1024;

/** Memory of small tasks, held until the tree runs again: reading it takes less time than writing it. */
export class HeldPages {
  #room = LIMIT;

  /** Reads the content of runs. Returns undefined if there is no room, or not all of them can be read. */
  hold(pid: number, runs: readonly Run[], seizer: Seizer): readonly Run[] | undefined {
    const bytes = runs.reduce((sum, { range }) => sum + range.end - range.start, 0);
    if (bytes > this.#room) return undefined;
    this.#room -= bytes;
    const unread = runs.filter(({ content }) => content === undefined);
    const contents = seizer.readRanges(
      pid,
      unread.map(({ range }) => range),
    );
    if (contents === undefined) return undefined;
    let next = 0;
    return runs.map((run) => ({ ...run, content: run.content ?? contents[next++] }));
  }
}
