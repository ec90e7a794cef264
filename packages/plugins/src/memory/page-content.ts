import {
  type ImageSet,
  type ProgramTarget,
  RestoreError,
  type StageContext,
  type Task,
  type Value,
} from "@restage/core";
import { imageFileName, type PageRun, pageFlags } from "@restage/images";
import { AT_FDCWD, F, MADV, MAP, O, PAGE_SIZE, PROT } from "@restage/linux/abi";

/** The size of a huge page. */
export const HUGE_PAGE: number = 2 * 1024 * 1024;

/** preadv(2) takes at most IOV_MAX ranges and stops at 2 GiB less a page. */
const MAX_RANGES = 1024;
export const MAX_BYTES = 1024 * 1024 * 1024;

/** Pages with content, all of one mapping. */
export interface Content {
  readonly run: PageRun;
  /** May the mapping have huge pages? */
  readonly hugePages: boolean;
}

/** Where tasks find the pages. */
export type PageSources = Pick<StageContext, "images" | "serviceDescriptors">;

/** The pages of a segment that is mapped at an address. */
export function placeAt(address: number, runs: readonly PageRun[]): readonly Content[] {
  return runs.map((run) => ({ run: { ...run, address: run.address + BigInt(address) }, hugePages: false }));
}

/** A part of the memory whose content is in a row in a pages image. */
interface Piece {
  readonly address: number;
  readonly length: number;
}

const known = new WeakMap<Task, readonly PageRun[]>();

/** The page runs of a task, read once; checked against its mappings by the caller. Those that only a page server has are without an offset. */
export function readPageRuns(images: ImageSet, task: Task): readonly PageRun[] {
  const runs = known.get(task) ?? readRuns(images, task);
  known.set(task, runs);
  return runs;
}

function readRuns(images: ImageSet, task: Task): readonly PageRun[] {
  const file = imageFileName("pagemap", task.pid);
  const pagemap = images.pagemap("pagemap", task.pid);
  if (pagemap === undefined) {
    throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: the checkpoint has no such image`, {
      pid: task.pid,
      entry: file,
    });
  }
  return pagemap.runs;
}

/** Whether pages can come when they are touched, instead of before the task runs. */
export function isLazy({ flags }: PageRun): boolean {
  return (flags & pageFlags.PE_LAZY) !== 0;
}

/**
 * Reads page content from the images into memory that is mapped and writable, in the task's own calls: it never passes through the
 * coordinator.
 *
 * Whole 2 MiB ranges are read into a huge page, made by collapsing a range of which one page is there: five times as fast as
 * page by page, and the mapping keeps its flags. Where the kernel has no huge page to give, the same read takes small ones.
 *
 * @param images where tasks find the pages.
 */
export function fillPages(task: ProgramTarget, content: readonly Content[], images: PageSources): void {
  for (const group of groupByFile(content)) {
    const [first] = group;
    if (first === undefined) continue;
    const pages = openPages(task, first.run, images);
    let row: Piece[] = [];
    let rowStart = 0;
    let rowLength = 0;
    const readRow = () => {
      if (rowLength > 0) task.call.preadv(pages, row, row.length, rowStart).expect(rowLength);
      row = [];
      rowLength = 0;
    };
    const add = (address: number, length: number, offset: number) => {
      if (rowStart + rowLength !== offset || row.length === MAX_RANGES || rowLength + length > MAX_BYTES) readRow();
      if (row.length === 0) rowStart = offset;
      row.push({ address, length });
      rowLength += length;
    };
    for (const { run, hugePages } of group) {
      const start = Number(run.address);
      const end = start + run.pages * PAGE_SIZE;
      const offset = run.offset ?? 0;
      let at = start;
      if (hugePages) {
        let huge = Math.ceil(start / HUGE_PAGE) * HUGE_PAGE;
        for (; huge + HUGE_PAGE <= end; huge += HUGE_PAGE) {
          if (at < huge) add(at, huge - at, offset + at - start);
          readRow();
          task.call.madvise(huge, PAGE_SIZE, MADV.POPULATE_WRITE).allow("any");
          task.call.madvise(huge, HUGE_PAGE, MADV.COLLAPSE).allow("any");
          task.call.pread64(pages, huge, HUGE_PAGE, offset + huge - start).expect(HUGE_PAGE);
          at = huge + HUGE_PAGE;
        }
      }
      for (; at < end; at += MAX_BYTES) add(at, Math.min(end - at, MAX_BYTES), offset + at - start);
    }
    readRow();
    task.call.close(pages);
  }
}

/**
 * Reads page content into memory that a task has from its forker: pages that are equal stay shared. The content is read to memory of the
 * task's own first, and compared and copied there page by page.
 */
export function mergePages(
  task: ProgramTarget,
  content: readonly Content[],
  images: PageSources,
  scratch: { readonly start: number; readonly end: number },
): void {
  if (content.length === 0) return;
  const size = scratch.end - scratch.start;
  task.call.mmap(scratch.start, size, PROT.READ | PROT.WRITE, MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED, -1, 0);
  for (const group of groupByFile(content)) {
    const [first] = group;
    if (first === undefined) continue;
    const pages = openPages(task, first.run, images);
    for (const { run } of group) {
      const length = run.pages * PAGE_SIZE;
      for (let done = 0; done < length; done += size) {
        const part = Math.min(size, length - done);
        task.call.pread64(pages, scratch.start, part, (run.offset ?? 0) + done).expect(part);
        task.merge(Number(run.address) + done, scratch.start, part);
      }
    }
    task.call.close(pages);
  }
  task.call.munmap(scratch.start, size);
}

/** A descriptor of the task's own, to be closed: of a file that is open already too, which in some namespaces it could not open. */
export function openPages(task: ProgramTarget, { source, pagesFile }: PageRun, sources: PageSources): Value {
  const { images, serviceDescriptors: descriptors } = sources;
  const kept = descriptors.kept.get(`${source.directory()}/${pagesFile}`);
  if (kept !== undefined) return task.call.fcntl(kept, F.DUPFD_CLOEXEC, 0);
  const directory = source === images.source ? descriptors.number("images") : descriptors.kept.get(source.directory());
  return task.call.openat(directory ?? AT_FDCWD, pagesFile, O.RDONLY | O.CLOEXEC);
}

/** Pages of the same image, in order. */
function groupByFile(content: readonly Content[]): Content[][] {
  const groups = new Map<string, Content[]>();
  for (const piece of content) {
    const key = `${piece.run.source.description}/${piece.run.pagesFile}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [piece]);
    else group.push(piece);
  }
  return [...groups.values()];
}
