import { type ImageSet, RestoreError } from "@restage/core";
import { guard } from "@restage/core/restore";
import { type EntryValue, fdTypes, type PageRun, vmaStatus } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import type { Part, Segment } from "./elf.ts";

type Vma = EntryValue<"mm">["vmas"][number];

/** Where the content of a mapping can be: its saved pages, and how their addresses differ from those of the mapping. */
interface Layer {
  readonly runs: readonly PageRun[];
  readonly shift: bigint;
}

/** A stretch of a mapping. */
interface Stretch {
  readonly start: bigint;
  readonly end: bigint;
  /** Undefined if it is not known. */
  readonly content: Part | "zeros" | undefined;
}

/** The memory of a task. Pages of mapped files that the task did not change are unknown here: debuggers read them from the files. */
export function segmentsOf(images: ImageSet, pid: number): readonly Segment[] {
  const own: Layer = { runs: images.pagemap("pagemap", pid)?.runs ?? [], shift: 0n };
  return images.value("mm", pid).vmas.flatMap((vma) => {
    const [layers, otherwise] = contentOf(images, vma, own);
    return joined(vma, [...stretches(vma.start, vma.end, layers, otherwise)]);
  });
}

/** The layers of a mapping, the uppermost first, and what pages are that none of them has. */
function contentOf(
  images: ImageSet,
  { status, shmid, start, pgoff }: Vma,
  own: Layer,
): readonly [readonly Layer[], "zeros" | undefined] {
  const has = (bit: number) => (status & bit) !== 0;
  const segment = (id: bigint | number): Layer => ({
    runs: images.pagemap("shmem_pagemap", id)?.runs ?? [],
    shift: pgoff - start,
  });
  if (has(vmaStatus.VMA_ANON_SHARED) || has(vmaStatus.VMA_AREA_SYSVIPC)) return [[segment(shmid)], "zeros"];
  if (has(vmaStatus.VMA_FILE_PRIVATE) || has(vmaStatus.VMA_FILE_SHARED)) {
    const inode = memfdOf(images, Number(shmid));
    return inode === undefined ? [[own], undefined] : [[own, segment(inode.shmid)], "zeros"];
  }
  const isOrdinary = has(vmaStatus.VMA_ANON_PRIVATE) || has(vmaStatus.VMA_AREA_VDSO);
  return [[own], isOrdinary ? "zeros" : undefined];
}

function memfdOf(images: ImageSet, id: number): EntryValue<"memfd_inode"> | undefined {
  const file = images.files.get(id);
  if (file?.type !== fdTypes.MEMFD || file.memfd === undefined) return undefined;
  const { inode_id } = file.memfd;
  return images.values("memfd_inode").find((inode) => Number(inode.inode_id) === inode_id);
}

/** Divides a range by where its content is. */
function* stretches(
  start: bigint,
  end: bigint,
  [layer, ...below]: readonly Layer[],
  otherwise: "zeros" | undefined,
): Generator<Stretch> {
  if (start >= end) return;
  if (layer === undefined) return yield { start, end, content: otherwise };
  let at = start;
  for (const run of layer.runs) {
    const runStart = run.address - layer.shift;
    const runEnd = runStart + BigInt(run.pages * PAGE_SIZE);
    const from = runStart > at ? runStart : at;
    const to = runEnd < end ? runEnd : end;
    if (from >= to) continue;
    yield* stretches(at, from, below, otherwise);
    yield { start: from, end: to, content: partOf(run, from, Number(to - from), Number(from - runStart)) };
    at = to;
  }
  yield* stretches(at, end, below, otherwise);
}

/** Undefined if only the page server of a lazy checkpoint has the pages. */
function partOf({ source, pagesFile, offset }: PageRun, address: bigint, size: number, skip: number): Part | undefined {
  if (offset === undefined) return undefined;
  return {
    address,
    size,
    read(from, length) {
      const bytes = guard(() => source.readPart(pagesFile, offset + skip + from, length));
      if (bytes?.length === length) return bytes;
      throw new RestoreError("ERR_IMAGE", `Cannot read ${length} bytes of ${pagesFile} in ${source.description}`);
    },
  };
}

/** One segment for neighbours whose content is known, and one for each other stretch. The kernel leaves out mappings that nobody wrote to, and so do we. */
function joined({ prot, start, end }: Vma, list: readonly Stretch[]): readonly Segment[] {
  if (list.every(({ content }) => content === undefined || content === "zeros"))
    return [{ address: start, size: Number(end - start), protection: prot, parts: undefined }];
  const segments: { address: bigint; size: number; protection: number; parts: Part[] | undefined }[] = [];
  for (const { start, end, content } of list) {
    const size = Number(end - start);
    const parts = content === undefined ? undefined : content === "zeros" ? [] : [content];
    const last = segments.at(-1);
    if (last?.parts !== undefined && parts !== undefined) {
      last.size += size;
      last.parts.push(...parts);
    } else segments.push({ address: start, size, protection: prot, parts });
  }
  return segments;
}
