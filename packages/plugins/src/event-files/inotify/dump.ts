import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { AT_FDCWD, FIONREAD, O } from "@restage/linux/abi";
import { isDeletedName } from "../../files/deleted-name.ts";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { readMountinfo } from "../../namespaces/mount/mountinfo.ts";
import { room } from "../../room.ts";
import { encodeHandle, handleToImage } from "../file-handle.ts";
import { parseWatches, type Watch } from "./watch.ts";

/** Saves inotify instances and their watches, with the path of each watched file. Requires CAP_DAC_READ_SEARCH. */
export function inotify(): Plugin {
  return definePlugin({
    name: "inotify",
    duty: "inotify",
    phases: { inspect: "describes inotify instances, and finds the files that they watch" },
    dump({ describeFile }) {
      describeFile.tap("inotify", (file, context) => {
        if (file.link !== "anon_inode:inotify") return undefined;
        warnOfEvents(file, context);
        const { id, flags } = file;
        const wd = parseWatches(file.info).map((watch) => watchEntry(watch, file, context));
        return { type: fdTypes.INOTIFY, ify: { id, flags, fown: ownerOf(file, context), wd } };
      });
    },
  });
}

function warnOfEvents({ descriptor, link, task }: OpenFile, { host, findings }: DumpContext): void {
  const bytes = room(4);
  if (descriptor === undefined || host.attempt("ioctl", descriptor, FIONREAD, bytes.data) < 0) return;
  if (bytes.view.getInt32(0, true) === 0) return;
  findings.warn({ what: link, why: "CRIU images cannot record its unread events", pid: task.pid });
}

function watchEntry(watch: Watch, { id, link, task }: OpenFile, context: DumpContext) {
  const { wd, inode, device, mask, ignoredMask, handle } = watch;
  const path = findPath(watch, context);
  if (path === undefined) {
    const why = `the file of watch ${wd} (inode ${inode}) cannot be found by its handle`;
    const hint = "checkpoint with CAP_DAC_READ_SEARCH; the file must have a name, on a file system with file handles";
    context.findings.refuse({ what: link, why, hint, pid: task.pid });
  }
  const f_handle = { ...handleToImage(handle), path: path ?? "" };
  return { id, i_ino: inode, mask, ignored_mask: ignoredMask, s_dev: device, wd, f_handle };
}

/** A path of a watched file, through any mount of its file system; undefined if there is none. */
function findPath({ device, handle }: Watch, { host }: DumpContext): string | undefined {
  for (const { mountPoint } of readMountinfo(host, "/proc/self").filter((mount) => mount.device === device)) {
    const mount = host.attempt("openat", AT_FDCWD, mountPoint, O.RDONLY | O.NONBLOCK | O.CLOEXEC, 0);
    if (mount < 0) continue;
    const found = host.attempt("open_by_handle_at", mount, encodeHandle(handle), O.PATH | O.CLOEXEC);
    host.call.close(mount);
    if (found < 0) continue;
    const path = host.readLink(`/proc/self/fd/${found}`);
    host.call.close(found);
    if (path !== undefined && !isDeletedName(path)) return path;
  }
  return undefined;
}
