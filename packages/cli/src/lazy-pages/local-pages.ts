import { type Host, RestoreError } from "@restage/core";
import type { PageRun } from "@restage/images";
import { AT_FDCWD, MADV, MAP, O, PAGE_SIZE, PROT } from "@restage/linux/abi";
import type { Arrived, PageSource } from "./page-source.ts";
import { type RunsOf, runAt } from "./runs.ts";
import type { NameOf } from "./task-names.ts";

/** Pages in files of this machine, which are mapped. */
export class LocalPages implements PageSource {
  readonly descriptor = undefined;
  readonly #host: Host;
  readonly #runs: RunsOf;
  readonly #nameOf: NameOf;
  /** Addresses by path. */
  readonly #mapped = new Map<string, number>();

  constructor(host: Host, runs: RunsOf, nameOf: NameOf) {
    this.#host = host;
    this.#runs = runs;
    this.#nameOf = nameOf;
  }

  request(pid: number, image: number, length: number, arrived: Arrived): void {
    const runs = this.#runs(pid);
    for (let at = image; at < image + length; ) {
      const run = runAt(runs, at);
      if (run?.offset === undefined) throw missing(this.#nameOf(pid), at);
      const into = at - Number(run.address);
      const part = Math.min(image + length - at, run.pages * PAGE_SIZE - into);
      const address = this.#map(run) + run.offset + into;
      // Otherwise the kernel tries each page first, and fails.
      this.#host.attempt("madvise", address, part, MADV.POPULATE_READ);
      arrived(at, part, address);
      at += part;
    }
  }

  receive(): void {}

  patience(): undefined {}

  close(): void {}

  #map({ source, pagesFile }: PageRun): number {
    const path = `${source.directory()}/${pagesFile}`;
    const known = this.#mapped.get(path);
    if (known !== undefined) return known;
    const { call } = this.#host;
    const file = call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC, 0).result;
    try {
      const address = call.mmap(0, source.size(pagesFile) ?? 0, PROT.READ, MAP.SHARED, file, 0).result;
      this.#mapped.set(path, address);
      return address;
    } finally {
      call.close(file);
    }
  }
}

function missing(task: string, address: number): RestoreError {
  const message = `Cannot get pages: the images have no page of ${task} at 0x${address.toString(16)}`;
  return new RestoreError("ERR_IMAGE", message, {
    hint: "if the checkpoint was made with --lazy-pages, take its pages from where it was made: --page-server --address IP --port PORT",
  });
}
