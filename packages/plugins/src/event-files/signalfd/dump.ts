import { definePlugin, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";

/** Saves signalfds with their signal masks. */
export function signalfds(): Plugin {
  return definePlugin({
    name: "signalfds",
    duty: "signalfds",
    phases: { inspect: "describes signalfds" },
    dump({ describeFile }) {
      describeFile.tap("signalfds", (file, context) => {
        const mask = /^sigmask:\s*([0-9a-f]+)/m.exec(file.info)?.[1];
        if (mask === undefined || file.link !== "anon_inode:[signalfd]") return undefined;
        const { id, flags } = file;
        return {
          type: fdTypes.SIGNALFD,
          sgfd: { id, flags, fown: ownerOf(file, context), sigmask: BigInt(`0x${mask}`) },
        };
      });
    },
  });
}
