import { ERRNO } from "../abi/errno.ts";
import { PAGE_SIZE } from "../abi/mman.ts";
import { PAGE_IS, PAGE_REGION_SIZE, PAGEMAP_SCAN, PM, PM_SCAN_ARG } from "../abi/page-scan.ts";
import type { Host } from "../host/host.ts";
import { checked } from "../host/system-error.ts";
import type { AddressRange } from "../zone/zone.ts";
import { openFile } from "./task-memory.ts";

/** Which pages of a process there are. */
export interface ScannedPages {
  /**
   * Runs of pages with content of their own in [start, end), in order.
   *
   * @param shared pages of a file or of shared memory count too.
   */
  runs(start: number, end: number, shared?: boolean): AddressRange[];
  close(): void;
}

const VECTOR_AT = 4096;
const REGIONS = 2048;
const ENTRIES_AT_ONCE = 8192;

/** Reads /proc/PID/pagemap: by PAGEMAP_SCAN, which skips what is not there, or entry by entry on kernels before 6.7. */
export class PageScan implements ScannedPages {
  readonly #host: Host;
  readonly #file: number;
  #canScan = true;

  constructor(host: Host, pid: number) {
    this.#host = host;
    this.#file = openFile(host, `/proc/${pid}/pagemap`);
  }

  runs(start: number, end: number, shared = false): AddressRange[] {
    const runs: AddressRange[] = [];
    const add = (from: number, to: number) => {
      const last = runs.at(-1);
      if (last?.end === from) runs[runs.length - 1] = { start: last.start, end: to };
      else runs.push({ start: from, end: to });
    };
    if (!this.#canScan || !this.#scan(start, end, shared, add)) this.#read(start, end, shared, add);
    return runs;
  }

  close(): void {
    this.#host.syscall("close", this.#file);
  }

  #scan(start: number, end: number, shared: boolean, add: (from: number, to: number) => void): boolean {
    const { scratchView: view, scratchAddress: base } = this.#host;
    const unwanted = PAGE_IS.PFNZERO | (shared ? 0 : PAGE_IS.FILE);
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
        category_anyof_mask: PAGE_IS.PRESENT | PAGE_IS.SWAPPED,
        return_mask: PAGE_IS.PRESENT | PAGE_IS.SWAPPED,
      };
      for (const [name, value] of Object.entries(fields))
        view.setBigUint64(PM_SCAN_ARG[name as keyof typeof PM_SCAN_ARG], BigInt(value), true);
      const count = this.#host.syscall("ioctl", this.#file, PAGEMAP_SCAN, base);
      if (count === -ERRNO.ENOTTY || count === -ERRNO.EINVAL) {
        this.#canScan = false;
        return false;
      }
      checked(count, "ioctl(PAGEMAP_SCAN)", "find the pages of a task");
      for (let n = 0; n < count; n++) {
        const at = VECTOR_AT + n * PAGE_REGION_SIZE;
        add(Number(view.getBigUint64(at, true)), Number(view.getBigUint64(at + 8, true)));
      }
      const reached = Number(view.getBigUint64(PM_SCAN_ARG.walk_end, true));
      if (reached <= from) break;
      from = reached;
    }
    return true;
  }

  #read(start: number, end: number, shared: boolean, add: (from: number, to: number) => void): void {
    const { scratchView: view, scratchAddress: base } = this.#host;
    for (let from = start; from < end; from += ENTRIES_AT_ONCE * PAGE_SIZE) {
      const count = Math.min(ENTRIES_AT_ONCE, (end - from) / PAGE_SIZE);
      const read = this.#host.syscall("pread64", this.#file, base, 8 * count, (8 * from) / PAGE_SIZE);
      checked(read, "pread64", "find the pages of a task");
      for (let n = 0; n < read / 8; n++) {
        const entry = view.getBigUint64(8 * n, true);
        if ((entry & (PM.PRESENT | PM.SWAP)) === 0n || (!shared && (entry & PM.FILE) !== 0n)) continue;
        add(from + n * PAGE_SIZE, from + (n + 1) * PAGE_SIZE);
      }
    }
  }
}
