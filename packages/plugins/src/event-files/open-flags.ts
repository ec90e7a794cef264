import type { Task, Value } from "@restage/core";
import { F, O, SETTABLE_FLAGS } from "@restage/linux/abi";

/** The recorded flags that the call which creates an event file accepts. EFD_, SFD_, TFD_ and IN_NONBLOCK all equal O_NONBLOCK. */
export function creationFlags(flags: number): number {
  return O.CLOEXEC | (flags & O.NONBLOCK);
}

/** Sets the recorded flags that the creating call does not accept. */
export function setOtherFlags(task: Task, descriptor: Value, flags: number): void {
  const settable = flags & SETTABLE_FLAGS;
  if ((settable & ~O.NONBLOCK) !== 0) task.call.fcntl(descriptor, F.SETFL, settable);
}
