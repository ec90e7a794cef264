import { data, type StageContext, type Task } from "@restage/core";
import type { Entry } from "@restage/images";
import { IPC, MADV, PAGE_SIZE, SHM, SHM_MODE, SHMID64_DS_SIZE } from "@restage/linux/abi";
import { alignUp, HUGE_PAGES_HINT, hugePageSize } from "../../../memory/huge-pages.ts";
import { fillPages, placeAt } from "../../../memory/page-content.ts";
import { argument, chooseId, creationFlags, permissions } from "../permissions.ts";

export type Segment = Entry<"ipcns_shm">;

/** Makes System V shared memory. The root task fills each segment at an address that is free in every task. */
export function makeSegments(root: Task, segments: readonly Segment[], context: StageContext): void {
  for (const segment of segments) {
    const { desc, size, hugetlb_flag = 0 } = segment.value;
    chooseId(root, "shm", desc);
    const made = root.call.shmget(desc.key, size, creationFlags(desc) | hugetlb_flag).expect(desc.id);
    if (hugetlb_flag !== 0) made.hint(HUGE_PAGES_HINT);
    fillSegment(root, segment, context);
    root.call.shmctl(desc.id, IPC.SET, argument(permissions(desc, SHMID64_DS_SIZE)));
  }
}

/**
 * Fills a segment of shared memory, and locks it again.
 *
 * @param hasContent whether it is not new.
 */
export function fillSegment(root: Task, { value, extra }: Segment, context: StageContext, hasContent = false): void {
  const { desc, size, in_pagemaps, hugetlb_flag = 0 } = value;
  const page = hugetlb_flag === 0 ? PAGE_SIZE : hugePageSize(hugetlb_flag);
  const at = alignUp(context.stub.freeAddress(Number(size) + 2 * page), page);
  root.call.shmat(desc.id, at, 0).expect(at);
  // Images have no pages of zeros.
  if (hasContent) root.call.madvise(at, size, MADV.REMOVE);
  if (in_pagemaps === true) {
    const runs = context.images.pagemap("shmem_pagemap", desc.id)?.runs ?? [];
    fillPages(root, placeAt(at, runs), context);
  } else {
    root.copy(at, data(extra ?? new Uint8Array()));
  }
  root.call.shmdt(at);
  if ((desc.mode & SHM_MODE.LOCKED) !== 0) root.call.shmctl(desc.id, SHM.LOCK, 0);
}

/** Removes segments that had been removed: they disappear when the last task detaches them. */
export function removeAgain(root: Task, segments: readonly Segment[]): void {
  for (const {
    value: { desc },
  } of segments)
    if ((desc.mode & SHM_MODE.DEST) !== 0) root.call.shmctl(desc.id, IPC.RMID, 0);
}
