import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { refuseInFlight } from "../../files/refuse-in-flight.ts";
import { refuseUnread } from "../unread-events.ts";
import { handleEntry } from "../watched-path.ts";
import { parseWatches, type Watch } from "./watch.ts";

/** Saves inotify instances and their watches, with the path of each watched file. Requires CAP_DAC_READ_SEARCH. */
export function inotify(): Plugin {
  return definePlugin({
    name: "inotify",
    duty: "inotify",
    phases: { inspect: "describes inotify instances, and finds the files that they watch; refuses unread events" },
    dump({ describeFile }) {
      describeFile.tap("inotify", (file, context) => {
        if (file.link !== "anon_inode:inotify") return undefined;
        refuseUnread(file, context);
        refuseInFlight(file, context, "where a restore cannot add its watches");
        const { id, flags } = file;
        const wd = parseWatches(file.info).map((watch) => watchEntry(watch, file, context));
        return { type: fdTypes.INOTIFY, ify: { id, flags, fown: ownerOf(file, context), wd } };
      });
    },
  });
}

function watchEntry(watch: Watch, file: OpenFile, context: DumpContext) {
  const { wd, inode, device, mask, ignoredMask } = watch;
  const f_handle = handleEntry(file, { ...watch, what: `watch ${wd}` }, context);
  return { id: file.id, i_ino: inode, mask, ignored_mask: ignoredMask, s_dev: device, wd, f_handle };
}
