import { definePlugin, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";

/** Saves eventfds with their counters. CRIU images cannot record EFD_SEMAPHORE, so it is in restage.img. */
export function eventfds(): Plugin {
  return definePlugin({
    name: "eventfds",
    duty: "eventfds",
    phases: { inspect: "describes eventfds" },
    dump({ describeFile }) {
      describeFile.tap("eventfds", (file, context) => {
        const count = /^eventfd-count:\s*([0-9a-f]+)/m.exec(file.info)?.[1];
        if (count === undefined) return undefined;
        const { id, flags } = file;
        if (/^eventfd-semaphore:\s*1/m.test(file.info)) context.own.file(id).semaphore = true;
        return {
          type: fdTypes.EVENTFD,
          efd: { id, flags, fown: ownerOf(file, context), counter: BigInt(`0x${count}`) },
        };
      });
    },
  });
}
