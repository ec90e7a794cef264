import { type DumpContext, definePlugin, type Mapping, type Plugin, type SeizedTask } from "@restage/core";
import { type PagemapEntry, type PagemapHead, pageFlags, vmaStatus } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { MAP, PAGE_SIZE } from "@restage/linux/abi";

const { VMA_ANON_PRIVATE, VMA_FILE_PRIVATE, VMA_AREA_VDSO, VMA_AREA_VVAR, VMA_AREA_VSYSCALL } = vmaStatus;

/** What is in private memory: pages that are neither untouched nor those of a file. */
export function pages(): Plugin {
  return definePlugin({
    name: "pages",
    duty: "pages",
    dump({ phases }) {
      phases.write.task.tap("pages", (task, context) => savePages(task, context, context.images.nextPages()));
    },
  });
}

function savePages(task: SeizedTask, { images, seizer }: DumpContext, number: number): void {
  const scan = seizer.scanPages(task.hostPid);
  const file = images.open("pages", number);
  try {
    const entries: (PagemapHead | PagemapEntry)[] = [{ pages_id: number }];
    for (const mapping of task.mappings.filter(hasOwnPages)) {
      const range = { start: Number(mapping.start), end: Number(mapping.end) };
      const isVdso = ((mapping.entry.status ?? 0) & VMA_AREA_VDSO) !== 0;
      const { own, guards } = scan.find(range.start, range.end);
      const runs = isVdso ? [range] : own;
      seizer.copyPages(task.hostPid, runs, file);
      entries.push(...runs.map((run) => pagemapEntry(run, mayBeLazy(mapping) ? LAZY : PRESENT)));
      task.guards.push(...guards);
    }
    for (const value of entries) images.add("pagemap", task.pid, { value: value as never });
  } finally {
    images.close(file);
    scan.close();
  }
}

const PRESENT = pageFlags.PE_PRESENT;
const LAZY = pageFlags.PE_PRESENT | pageFlags.PE_LAZY;

function hasOwnPages({ entry: { status = 0 } }: Mapping): boolean {
  if ((status & (VMA_AREA_VVAR | VMA_AREA_VSYSCALL)) !== 0) return false;
  return (status & (VMA_ANON_PRIVATE | VMA_FILE_PRIVATE)) !== 0;
}

/** May its pages come later, on first access? */
function mayBeLazy({ entry: { status = 0, flags = 0 } }: Mapping): boolean {
  return (status & VMA_ANON_PRIVATE) !== 0 && (status & VMA_AREA_VDSO) === 0 && (flags & MAP.LOCKED) === 0;
}

/** A run of pages as images have it. */
export function pagemapEntry({ start, end }: AddressRange, flags: number): PagemapEntry {
  return {
    vaddr: BigInt(start),
    compat_nr_pages: 0,
    nr_pages: BigInt((end - start) / PAGE_SIZE),
    flags,
  };
}
