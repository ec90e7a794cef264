import type { Task, Value } from "@restage/core";
import { F, O, SETTABLE_FLAGS } from "@restage/linux/abi";

/** Flags with which an event file is made: those of its image that such a call takes. EFD_, SFD_, TFD_ and IN_NONBLOCK all are O_NONBLOCK. */
export function creationFlags(flags: number): number {
  return O.CLOEXEC | (flags & O.NONBLOCK);
}

/** Sets the flags of an open file that no call of creation takes, such as O_ASYNC. */
export function setOtherFlags(task: Task, descriptor: Value, flags: number): void {
  const settable = flags & SETTABLE_FLAGS;
  if ((settable & ~O.NONBLOCK) !== 0) task.call.fcntl(descriptor, F.SETFL, settable);
}
