import { definePlugin, type Plugin, words } from "@restage/core";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

/** The largest initial counter that eventfd(2) accepts. */
const LARGEST_INITIAL = 0xffff_ffffn;

/** RESTORE: opens eventfds with their counters. Images of CRIU 4.2 do not record EFD_SEMAPHORE. */
export function eventfds(): Plugin {
  return definePlugin({
    name: "eventfds",
    duty: "eventfds",
    stages: { RESTORE: "opens eventfds with their counters" },
    apply({ openFile }) {
      openFile.for("EVENTFD").tap("eventfds", ({ task, entry: { efd } }) => {
        if (efd === undefined) return undefined;
        const isInitial = efd.counter <= LARGEST_INITIAL;
        const descriptor = task.call.eventfd2(isInitial ? Number(efd.counter) : 0, creationFlags(efd.flags));
        if (!isInitial) task.call.write(descriptor, words(efd.counter), 8).expect(8);
        setOtherFlags(task, descriptor, efd.flags);
        return descriptor;
      });
    },
  });
}
