import { definePlugin, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";

/** Saves eventfds with their counters. */
export function eventfds(): Plugin {
  return definePlugin({
    name: "eventfds",
    duty: "eventfds",
    phases: { inspect: "describes eventfds" },
    dump({ describeFile }) {
      describeFile.tap("eventfds", (file, context) => {
        const count = /^eventfd-count:\s*([0-9a-f]+)/m.exec(file.info)?.[1];
        if (count === undefined) return undefined;
        if (/^eventfd-semaphore:\s*1/m.test(file.info)) {
          const why = "CRIU images cannot record EFD_SEMAPHORE, so it comes back as a counter";
          context.findings.warn({ what: file.link, why, pid: file.task.pid });
        }
        const { id, flags } = file;
        return {
          type: fdTypes.EVENTFD,
          efd: { id, flags, fown: ownerOf(file, context), counter: BigInt(`0x${count}`) },
        };
      });
    },
  });
}
