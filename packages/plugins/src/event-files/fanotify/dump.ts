import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, markType } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { refuseInFlight } from "../../files/refuse-in-flight.ts";
import { procsOfMounts } from "../../namespaces/mount/mount-of.ts";
import { readMountinfo } from "../../namespaces/mount/mountinfo.ts";
import { ownNamespace } from "../../namespaces/own-namespaces.ts";
import { refuseUnread } from "../unread-events.ts";
import { handleEntry } from "../watched-path.ts";
import { type Mark, parseInstance } from "./format.ts";

/** Saves fanotify instances and their marks of files and mounts. Requires CAP_DAC_READ_SEARCH. */
export function fanotify(): Plugin {
  return definePlugin({
    name: "fanotify",
    duty: "fanotify",
    phases: { inspect: "describes fanotify instances; refuses unread events and marks of whole file systems" },
    dump({ describeFile }) {
      describeFile.tap("fanotify", (file, context) => {
        if (file.link !== "anon_inode:[fanotify]") return undefined;
        refuseUnread(file, context);
        refuseInFlight(file, context, "where a restore cannot add its marks");
        const { id, flags } = file;
        const { flags: faflags, eventFlags: evflags, marks } = parseInstance(file.info);
        const mark = marks.map((mark) => markEntry(mark, file, context));
        return { type: fdTypes.FANOTIFY, ffy: { id, flags, fown: ownerOf(file, context), faflags, evflags, mark } };
      });
    },
  });
}

function markEntry(mark: Mark, file: OpenFile, context: DumpContext) {
  const common = { id: file.id, mflags: mark.flags, mask: mark.mask, ignored_mask: mark.ignored };
  if (mark.kind === "inode") {
    const { inode: i_ino, device: s_dev } = mark;
    const ie = { i_ino, f_handle: handleEntry(file, { ...mark, what: "a mark" }, context) };
    return { ...common, type: markType.INODE, s_dev, ie };
  }
  if (mark.kind === "mount") return { ...common, ...mountMark(mark.mountId, file, context) };
  const why = "it has a mark of a whole file system or mount namespace, which images cannot record";
  context.findings.refuse({ what: file.link, why, pid: file.task.pid });
  return { ...common, type: markType.MOUNT, s_dev: 0 };
}

/** A restore finds a mount of the host by its path, and one of the tree's own mount namespace by its number. */
function mountMark(mnt_id: number, { link, task }: OpenFile, context: DumpContext) {
  const isOwn = ownNamespace(context, "mount") !== undefined;
  const mounts = procsOfMounts(context).flatMap((proc) => readMountinfo(context.host, proc));
  const mount = mounts.find(({ id }) => id === mnt_id);
  if (mount === undefined) {
    const why = `it has a mark on mount ${mnt_id}, which is not in the mount namespace of the tree`;
    context.findings.refuse({ what: link, why, pid: task.pid });
  }
  // Without its first slash, as CRIU saves it.
  const path = isOwn ? {} : { path: (mount?.mountPoint ?? "/").slice(1) };
  return { type: markType.MOUNT, s_dev: mount?.device ?? 0, me: { mnt_id, ...path } };
}
