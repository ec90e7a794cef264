import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { encodeEntries, openImageDirectory, type PagemapEntry, pageFlags, readEntries } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";

/** One page of a dump. */
interface Page {
  readonly address: bigint;
  readonly flags: number;
  readonly bytes: Buffer;
}

/**
 * Turns a whole dump into an incremental one: leaves every page that has not changed to an earlier dump. CRIU does this with `--track-mem`
 * where the kernel reports which pages have changed.
 *
 * @param earlier a whole dump of the same tree, in a sibling directory.
 * @returns the number of pages that it left to the earlier dump.
 */
export function leaveToParent(images: string, earlier: string): number {
  symlinkSync(join("..", basename(earlier)), join(images, "parent"));
  let left = 0;
  for (const name of readdirSync(images)) {
    const pid = Number(/^pagemap-(\d+)\.img$/.exec(name)?.[1]);
    if (Number.isNaN(pid) || !existsSync(join(earlier, name))) continue;
    const there = new Map(readPages(earlier, pid).pages.map((page) => [page.address, page.bytes]));
    const { head, pages } = readPages(images, pid);
    const isThere = ({ address, bytes }: Page) => there.get(address)?.equals(bytes) === true;
    const entries = pages.map((page) => entry(page.address, isThere(page) ? pageFlags.PE_PARENT : page.flags));
    const all = [{ value: head }, ...joined(entries).map((value) => ({ value }))];
    writeFileSync(join(images, name), encodeEntries("pagemap", all));
    const own = pages.filter((page) => !isThere(page));
    writeFileSync(join(images, `pages-${head.pages_id}.img`), Buffer.concat(own.map(({ bytes }) => bytes)));
    left += pages.length - own.length;
  }
  return left;
}

function readPages(images: string, pid: number) {
  const [head, ...entries] = readEntries(openImageDirectory(images), "pagemap", pid).map(({ value }) => value);
  if (head === undefined || !("pages_id" in head)) throw new Error(`pagemap-${pid}.img has no head`);
  const content = readFileSync(join(images, `pages-${head.pages_id}.img`));
  const pages: Page[] = [];
  for (const entry of entries) {
    if (!("vaddr" in entry)) throw new Error(`pagemap-${pid}.img has two heads`);
    for (let n = 0n; n < (entry.nr_pages ?? BigInt(entry.compat_nr_pages)); n++) {
      const at = pages.length * PAGE_SIZE;
      const flags = entry.flags ?? pageFlags.PE_PRESENT;
      pages.push({ address: entry.vaddr + n * BigInt(PAGE_SIZE), flags, bytes: content.subarray(at, at + PAGE_SIZE) });
    }
  }
  return { head, pages };
}

function entry(vaddr: bigint, flags: number): PagemapEntry {
  return { vaddr, compat_nr_pages: 1, nr_pages: 1n, flags };
}

/** Joins adjacent entries that have the same flags. */
function joined(entries: readonly PagemapEntry[]): readonly PagemapEntry[] {
  const runs: PagemapEntry[] = [];
  for (const next of entries) {
    const last = runs.at(-1);
    const pages = last?.nr_pages ?? 0n;
    if (last !== undefined && last.vaddr + pages * BigInt(PAGE_SIZE) === next.vaddr && last.flags === next.flags)
      runs[runs.length - 1] = { ...last, compat_nr_pages: Number(pages) + 1, nr_pages: pages + 1n };
    else runs.push(next);
  }
  return runs;
}
