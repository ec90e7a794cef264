import { closeSync, openSync } from "node:fs";
import type { Host } from "@restage/core";
import { PAGE_SIZE } from "@restage/linux/abi";
import { type ServedPages, servePages } from "@restage/plugins/pages";
import { type RunsOf, runAt, runsIn } from "../lazy-pages/runs.ts";
import { type NameOf, namesIn } from "../lazy-pages/task-names.ts";

/** Gives the pages in images to a lazy-pages daemon. It is the other end of `criu lazy-pages --page-server`. */
export async function givePages(host: Host, connection: number, images: string): Promise<void> {
  const pages = new PagesInImages(host, runsIn(images), namesIn(images));
  try {
    await servePages(host, connection, pages);
  } finally {
    pages.close();
  }
}

class PagesInImages implements ServedPages {
  readonly #host: Host;
  readonly #runs: RunsOf;
  readonly nameOf: NameOf;
  readonly #files = new Map<string, number>();

  constructor(host: Host, runs: RunsOf, nameOf: NameOf) {
    this.#host = host;
    this.#runs = runs;
    this.nameOf = nameOf;
  }

  find(pid: number, address: number, length: number): number {
    const run = runAt(this.#runs(pid), address);
    if (run?.offset === undefined) return 0;
    return Math.min(length, Number(run.address) + run.pages * PAGE_SIZE - address);
  }

  send(pid: number, address: number, length: number, socket: number): void {
    const run = runAt(this.#runs(pid), address);
    if (run?.offset === undefined) return;
    const file = this.#open(`${run.source.directory()}/${run.pagesFile}`);
    const start = run.offset + address - Number(run.address);
    this.#host.call.lseek(file, start, 0);
    for (let left = length; left > 0; ) left -= this.#host.call.sendfile(socket, file, 0, left).result;
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  #open(path: string): number {
    const file = this.#files.get(path) ?? openSync(path, "r");
    this.#files.set(path, file);
    return file;
  }
}
