import type { ThreadCoreEntry } from "@restage/images";
import { SCHED, SCHED_ATTR, SCHED_FLAG, SCHED_RESET_ON_FORK } from "@restage/linux/abi";

/** How a thread is scheduled, as images have it. The policy has SCHED_RESET_ON_FORK as a bit, as sched_setscheduler(2) takes it. */
export type Scheduling = Pick<ThreadCoreEntry, "sched_policy" | "sched_nice" | "sched_prio">;

/** Why images cannot record a policy: they have no field for its parameters. Undefined when they can. */
export function obstacleOf({ sched_policy = SCHED.NORMAL }: Scheduling): string | undefined {
  const policy = sched_policy & ~SCHED_RESET_ON_FORK;
  if (policy === SCHED.DEADLINE) return "images cannot record the scheduling policy SCHED_DEADLINE";
  return policy === SCHED.EXT ? "images cannot record the scheduling policy SCHED_EXT" : undefined;
}

/** Makes the image from struct sched_attr. */
export function decodeScheduling(bytes: Uint8Array): Scheduling {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const policy = view.getUint32(SCHED_ATTR.sched_policy, true);
  const flags = view.getBigUint64(SCHED_ATTR.sched_flags, true);
  const resets = (flags & BigInt(SCHED_FLAG.RESET_ON_FORK)) !== 0n;
  const isRealTime = policy === SCHED.FIFO || policy === SCHED.RR;
  return {
    sched_policy: (resets ? policy | SCHED_RESET_ON_FORK : policy) >>> 0,
    sched_nice: view.getInt32(SCHED_ATTR.sched_nice, true),
    ...(isRealTime ? { sched_prio: view.getUint32(SCHED_ATTR.sched_priority, true) } : {}),
  };
}

/** Makes struct sched_param from the image. */
export function encodeParameter({ sched_prio = 0 }: Scheduling): Uint8Array {
  return new Uint8Array(Uint32Array.of(sched_prio).buffer);
}

/** Bytes of a mask of processors: as many as the kernel can have on x86_64 (NR_CPUS is at most 8192). */
export const AFFINITY_SIZE = 1024;

/** How many processors a list such as `0-3,8` names. */
export function countProcessors(list: string): number {
  let count = 0;
  for (const [, first = "", last = first] of list.matchAll(/(\d+)(?:-(\d+))?/g))
    count += Number(last) - Number(first) + 1;
  return count;
}
