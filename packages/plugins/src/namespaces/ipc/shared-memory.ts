import { data, guard, type StageContext, type Task } from "@restage/core";
import { type Entry, imageFileName, readPagemap } from "@restage/images";
import { fillPages } from "../../memory/page-content.ts";
import { argument, chooseId, creationFlags, IPC, permissions } from "./permissions.ts";

/** Size of struct shmid64_ds. Source: include/uapi/asm-generic/shmbuf.h. */
const SHMID_DS = 112;

/** System V shared memory. The root task has nothing mapped yet but the zone: each segment is filled at the same address after it. */
export function makeSegments(root: Task, segments: readonly Entry<"ipcns_shm">[], context: StageContext): void {
  const at = context.stub.zone.start + context.stub.zone.length;
  for (const { value, extra } of segments) {
    const { desc, size, in_pagemaps } = value;
    chooseId(root, "shm", desc);
    root.call.shmget(desc.key, size, creationFlags(desc)).expect(desc.id);
    root.call.shmat(desc.id, at, 0).expect(at);
    if (in_pagemaps === true) {
      const file = imageFileName("shmem_pagemap", desc.id);
      const runs = guard(() => readPagemap(context.checkpoint.source, file))?.runs ?? [];
      const placed = runs.map((run) => ({ run: { ...run, address: run.address + BigInt(at) }, hugePages: false }));
      fillPages(root, placed, context);
    } else {
      root.copy(at, data(extra ?? new Uint8Array()));
    }
    root.call.shmdt(at);
    root.call.shmctl(desc.id, IPC.SET, argument(permissions(desc, SHMID_DS)));
  }
}
