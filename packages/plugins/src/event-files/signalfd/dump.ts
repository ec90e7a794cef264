import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/dump.ts";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";

/** Signalfds with their masks. */
export function signalfds(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "signalfds",
    duty: "signalfds",
    saves: [
      {
        group: "files",
        what: "signalfd",
        saved: "all",
        shownBy: ["fixture polling"],
      },
    ],
    apply({ describeFile }) {
      describeFile.tap("signalfds", (file, tree) => {
        const mask = /^sigmask:\s*([0-9a-f]+)/m.exec(file.info)?.[1];
        if (mask === undefined || file.link !== "anon_inode:[signalfd]") return undefined;
        const { id, flags } = file;
        return { type: fdTypes.SIGNALFD, sgfd: { id, flags, fown: ownerOf(file, tree), sigmask: BigInt(`0x${mask}`) } };
      });
    },
  });
}
