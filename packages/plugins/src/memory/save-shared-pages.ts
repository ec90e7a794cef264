import type { DumpContext, Host } from "@restage/core";
import { pageFlags } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { PAGE_SIZE, SEEK } from "@restage/linux/abi";

/**
 * Saves the content of shared memory, which is a file of the kernel's tmpfs.
 *
 * @param number of the image.
 * @param memory descriptor of the file.
 * @param size in bytes.
 */
export function saveSharedPages(context: DumpContext, number: number, memory: number, size: number): void {
  const { host } = context;
  const pages = context.savePages({ kind: "shmem_pagemap", id: number });
  for (const run of contentOf(size, (whence, at) => host.attempt("lseek", memory, at, whence))) {
    pages.add(run, pageFlags.PE_PRESENT);
    copy(host, memory, pages.content.file, run);
  }
  pages.close();
}

/** Copies whole pages. Where the file ends within the last page, the rest of the page is zeros. */
function copy(host: Host, from: number, to: number, { start, end }: AddressRange): void {
  host.call.lseek(from, start, SEEK.SET);
  let left = end - start;
  for (let count = 1; left > 0 && count > 0; left -= count) count = host.call.sendfile(to, from, 0, left).result;
  if (left > 0) host.call.write(to, new Uint8Array(left), left);
}

/** Runs of pages that have content: the others are holes. */
function* contentOf(size: number, seek: (whence: number, at: number) => number): Generator<AddressRange> {
  const whole = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  for (let at = 0; at < size; ) {
    const start = seek(SEEK.DATA, at);
    if (start < 0) return;
    const end = Math.min(whole, Math.ceil(seek(SEEK.HOLE, start) / PAGE_SIZE) * PAGE_SIZE);
    yield { start, end };
    at = end;
  }
}
