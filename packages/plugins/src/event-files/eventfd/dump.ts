import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/dump.ts";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";

/** Eventfds with their counts. */
export function eventfds(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "eventfds",
    duty: "eventfds",
    saves: [
      {
        group: "files",
        what: "eventfd",
        saved: "all",
        shownBy: ["fixture polling"],
      },
    ],
    apply({ describeFile }) {
      describeFile.tap("eventfds", (file, tree) => {
        const count = /^eventfd-count:\s*([0-9a-f]+)/m.exec(file.info)?.[1];
        if (count === undefined) return undefined;
        if (/^eventfd-semaphore:\s*1/m.test(file.info)) {
          const why = "that it counts as a semaphore (EFD_SEMAPHORE) has no place in images";
          tree.findings.warn({ what: file.link, why, pid: file.task.pid });
        }
        const { id, flags } = file;
        return { type: fdTypes.EVENTFD, efd: { id, flags, fown: ownerOf(file, tree), counter: BigInt(`0x${count}`) } };
      });
    },
  });
}
