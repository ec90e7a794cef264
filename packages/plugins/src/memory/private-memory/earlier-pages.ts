import { type Host, RestoreError } from "@restage/core";
import { ImageError, imageFileName, openImageDirectory, type PageRun, readPagemap } from "@restage/images";
import type { AddressRange, FilePart } from "@restage/linux";
import { AT_FDCWD, O, PAGE_SIZE } from "@restage/linux/abi";

/** A part of a range, and where its pages are in an earlier checkpoint, if they are there. */
export interface PartOfRange {
  readonly range: AddressRange;
  readonly earlier: FilePart | undefined;
}

/** The pages that an earlier checkpoint has of a task, or of another one that had its pid: whether they are the same is not known. */
export class EarlierPages {
  readonly #host: Host;
  readonly #runs: readonly PageRun[];
  readonly #files = new Map<string, number>();
  /** The run at which the next search begins. */
  #next = 0;

  /** @param directory of the earlier checkpoint. Throws ERR_IMAGE. */
  constructor(directory: string, pid: number, host: Host) {
    this.#host = host;
    const name = imageFileName("pagemap", pid);
    const found = guard(directory, () => readPagemap(openImageDirectory(directory), name)?.runs);
    this.#runs = found ?? [];
  }

  /** Takes a range apart. Ranges must ascend. */
  partsOf({ start, end }: AddressRange): readonly PartOfRange[] {
    const parts: PartOfRange[] = [];
    for (let at = start; at < end; ) {
      while (this.#next < this.#runs.length && endOf(this.#runs[this.#next]) <= at) this.#next++;
      const run = this.#runs[this.#next];
      const from = run === undefined ? end : Math.min(end, Math.max(at, Number(run.address)));
      if (from > at) parts.push({ range: { start: at, end: from }, earlier: undefined });
      if (run === undefined || from === end) break;
      const to = Math.min(end, endOf(run));
      parts.push({ range: { start: from, end: to }, earlier: this.#partOf(run, from) });
      at = to;
    }
    return parts;
  }

  close(): void {
    for (const file of this.#files.values()) this.#host.call.close(file);
    this.#files.clear();
  }

  #partOf({ source, pagesFile, offset, address }: PageRun, at: number): FilePart | undefined {
    if (offset === undefined) return undefined;
    const path = `${source.directory()}/${pagesFile}`;
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#host.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC).result;
      this.#files.set(path, file);
    }
    return { file, offset: offset + at - Number(address) };
  }
}

function endOf(run: PageRun | undefined): number {
  return run === undefined ? 0 : Number(run.address) + run.pages * PAGE_SIZE;
}

function guard<T>(directory: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const hint = "give the directory of another checkpoint to --prev-images-dir, or none";
    throw new RestoreError("ERR_IMAGE", `Cannot use the pages of ${directory}: ${error.message}`, {
      hint,
      cause: error,
    });
  }
}
