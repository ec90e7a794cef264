import type { DumpContext, Host } from "@restage/core";
import { pageFlags } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { FS_MAGIC, PAGE_SIZE } from "@restage/linux/abi";
import { fileSystemOf } from "../file-system-of.ts";
import { room } from "../room.ts";
import { encodeHugePageSize } from "./huge-pages.ts";

/** A call takes less than 256 KiB. */
const AT_ONCE = 128 * 1024;

/** The size of the huge pages of an open file, as flags of mmap(2), memfd_create(2) and shmget(2); 0 if it has none. */
export function hugePagesOf(host: Host, file: number): number {
  const system = fileSystemOf(host, file);
  return system?.magic === BigInt(FS_MAGIC.HUGETLBFS) ? encodeHugePageSize(system.blockSize) : 0;
}

/**
 * Saves the content of shared memory in huge pages. hugetlbfs tells no holes, so parts of zeros are left out. It is read, and not mapped: that would
 * take huge pages for holes.
 *
 * @param number of the image.
 * @param memory descriptor of the file.
 * @param size in bytes.
 */
export function saveHugePages(context: DumpContext, number: number, memory: number, size: number): void {
  const { host, images } = context;
  const pages = context.savePages({ kind: "shmem_pagemap", id: number });
  const part = room(AT_ONCE);
  let run: AddressRange | undefined;
  const endRun = () => {
    if (run !== undefined) pages.add(run, pageFlags.PE_PRESENT);
    run = undefined;
  };
  for (let at = 0; at < size; at += AT_ONCE) {
    const length = Math.min(AT_ONCE, size - at);
    const read = host.call.pread64(memory, part.data, length, at).result;
    // A segment of System V can end within a huge page.
    const bytes = part.data.bytes.fill(0, read).subarray(0, Math.ceil(length / PAGE_SIZE) * PAGE_SIZE);
    if (new Int32Array(bytes.buffer).every((word) => word === 0)) {
      endRun();
      continue;
    }
    run = { start: run?.start ?? at, end: at + bytes.length };
    images.append(pages.content, bytes);
  }
  endRun();
  pages.close();
}
