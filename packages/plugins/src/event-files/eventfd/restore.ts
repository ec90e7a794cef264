import { definePlugin, type Plugin, words } from "@restage/core";
import { EFD_SEMAPHORE } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

/** The largest initial counter that eventfd(2) accepts. */
const LARGEST_INITIAL = 0xffff_ffffn;

/** RESTORE: opens eventfds with their counters. Images of CRIU do not record EFD_SEMAPHORE. */
export function eventfds(): Plugin {
  return definePlugin({
    name: "eventfds",
    duty: "eventfds",
    stages: { RESTORE: "opens eventfds with their counters" },
    apply({ openFile }) {
      openFile.for("EVENTFD").tap("eventfds", ({ task, entry: { efd }, images }) => {
        if (efd === undefined) return undefined;
        const isInitial = efd.counter <= LARGEST_INITIAL;
        const kind = images.own.file(efd.id)?.semaphore === true ? EFD_SEMAPHORE : 0;
        const flags = creationFlags(efd.flags) | kind;
        const descriptor = task.call.eventfd2(isInitial ? Number(efd.counter) : 0, flags);
        if (!isInitial) task.call.write(descriptor, words(efd.counter), 8).expect(8);
        setOtherFlags(task, descriptor, efd.flags);
        return descriptor;
      });
    },
  });
}
