import { type DumpContext, type OpenFile, struct, type Task, type Value } from "@restage/core";
import type { OwnBusyPollEntry } from "@restage/images";
import { EPIOCGPARAMS, EPIOCSPARAMS, EPOLL_PARAMS } from "@restage/linux/abi";
import { room } from "../../room.ts";

/** Records how a set polls busily. CRIU images cannot record it, so it is in restage.img. */
export function saveBusyPoll({ id, descriptor }: OpenFile, { host, own }: DumpContext): void {
  const { data, view } = room(EPOLL_PARAMS.size);
  // Before Linux 6.9, and on kernels without busy polling, the call fails: no set has any.
  if (descriptor === undefined || host.attempt("ioctl", descriptor, EPIOCGPARAMS, data) < 0) return;
  const usecs = view.getUint32(EPOLL_PARAMS.busy_poll_usecs, true);
  const budget = view.getUint16(EPOLL_PARAMS.busy_poll_budget, true);
  const prefer = view.getUint8(EPOLL_PARAMS.prefer_busy_poll) !== 0;
  if (usecs !== 0 || budget !== 0 || prefer) own.file(id).busyPoll = { usecs, budget, prefer };
}

/** Sets how a new set polls busily. */
export function restoreBusyPoll(task: Task, set: Value, { usecs, budget, prefer }: OwnBusyPollEntry): void {
  task.call.ioctl(set, EPIOCSPARAMS, struct([4, usecs], [4, (budget & 0xffff) | (prefer ? 1 << 16 : 0)]));
}
