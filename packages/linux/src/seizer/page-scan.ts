import type { AddressRange } from "../abi/address-space.ts";
import { ERRNO } from "../abi/errno.ts";
import { PAGE_SIZE } from "../abi/mman.ts";
import { PAGE_IS, PAGE_REGION_SIZE, PAGEMAP_SCAN, PM, PM_SCAN_ARG } from "../abi/page-scan.ts";
import { nameOfTask } from "../host/procfs.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import type { FoundPages, ScannedPages } from "../seizer.ts";
import { openFile } from "./task-memory.ts";

/** Notes a run of pages. */
type Found = (isGuard: boolean, start: number, end: number) => void;

const VECTOR_AT = 4096;
const REGIONS = 2048;
const ENTRIES_AT_ONCE = 8192;

/** Reads /proc/PID/pagemap: with PAGEMAP_SCAN, which skips absent pages, or entry by entry before Linux 6.7. */
export class PageScan implements ScannedPages {
  readonly #host: RawSyscalls;
  readonly #pid: number;
  readonly #file: number;
  /** The categories that PAGEMAP_SCAN supports; undefined without it. Guards require Linux 6.15. */
  #categories: number | undefined = PAGE_IS.PRESENT | PAGE_IS.SWAPPED | PAGE_IS.GUARD;

  constructor(host: RawSyscalls, pid: number) {
    this.#host = host;
    this.#pid = pid;
    this.#file = openFile(host, `/proc/${pid}/pagemap`);
  }

  find(start: number, end: number): FoundPages {
    const own: AddressRange[] = [];
    const guards: AddressRange[] = [];
    const found: Found = (isGuard, from, to) => {
      const runs = isGuard ? guards : own;
      const last = runs.at(-1);
      if (last?.end === from) runs[runs.length - 1] = { start: last.start, end: to };
      else runs.push({ start: from, end: to });
    };
    while (this.#categories !== undefined) if (this.#scan(start, end, this.#categories, found)) return { own, guards };
    this.#read(start, end, found);
    return { own, guards };
  }

  close(): void {
    this.#host.syscall("close", this.#file);
  }

  /** Returns false when the kernel does not know these categories. */
  #scan(start: number, end: number, categories: number, found: Found): boolean {
    const { scratchView: view, scratchAddress: base } = this.#host;
    const unwanted = PAGE_IS.PFNZERO | PAGE_IS.FILE;
    for (let from = start; from < end; ) {
      const fields: Partial<Record<keyof typeof PM_SCAN_ARG, number>> = {
        size: PM_SCAN_ARG.length,
        flags: 0,
        start: from,
        end,
        walk_end: 0,
        vec: base + VECTOR_AT,
        vec_len: REGIONS,
        max_pages: 0,
        category_inverted: unwanted,
        category_mask: unwanted,
        category_anyof_mask: categories,
        return_mask: categories,
      };
      for (const [name, value] of Object.entries(fields))
        view.setBigUint64(PM_SCAN_ARG[name as keyof typeof PM_SCAN_ARG], BigInt(value), true);
      const count = this.#host.syscall("ioctl", this.#file, PAGEMAP_SCAN, base);
      if (count === -ERRNO.ENOTTY || count === -ERRNO.EINVAL) {
        const knowsGuards = (categories & PAGE_IS.GUARD) !== 0;
        this.#categories = knowsGuards ? categories & ~PAGE_IS.GUARD : undefined;
        return false;
      }
      checked(count, "ioctl(PAGEMAP_SCAN)", () => `find the pages of ${nameOfTask(this.#pid)}`);
      // The kernel collects at most 512 runs at a time, and walk_end can tell where an earlier part ended: runs reach further then.
      let reached = Number(view.getBigUint64(PM_SCAN_ARG.walk_end, true));
      for (let n = 0; n < count; n++) {
        const word = (index: number) => Number(view.getBigUint64(VECTOR_AT + n * PAGE_REGION_SIZE + 8 * index, true));
        found((word(2) & PAGE_IS.GUARD) !== 0, word(0), word(1));
        reached = Math.max(reached, word(1));
      }
      if (reached <= from) break;
      from = reached;
    }
    return true;
  }

  #read(start: number, end: number, found: Found): void {
    const { scratchView: view, scratchAddress: base } = this.#host;
    for (let from = start; from < end; from += ENTRIES_AT_ONCE * PAGE_SIZE) {
      const count = Math.min(ENTRIES_AT_ONCE, (end - from) / PAGE_SIZE);
      const read = this.#host.syscall("pread64", this.#file, base, 8 * count, (8 * from) / PAGE_SIZE);
      checked(read, "pread64", () => `find the pages of ${nameOfTask(this.#pid)}`);
      for (let n = 0; n < read / 8; n++) {
        const entry = view.getBigUint64(8 * n, true);
        if ((entry & (PM.PRESENT | PM.SWAP)) === 0n || (entry & PM.FILE) !== 0n) continue;
        found(false, from + n * PAGE_SIZE, from + (n + 1) * PAGE_SIZE);
      }
    }
  }
}
