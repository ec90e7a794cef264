import {
  definePlugin,
  giveCapability,
  type Host,
  type ImageSet,
  type Plan,
  type Plugin,
  type Task,
} from "@restage/core";
import { type FanotifyFileEntry, type FanotifyMarkEntry, markType } from "@restage/images";
import { AT_FDCWD, F, FAN_MARK, SETTABLE_FLAGS } from "@restage/linux/abi";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { namespaceId } from "../../namespaces/own-namespaces.ts";
import { Planned } from "../../planned.ts";
import { checkIsHeld, type WatchedFile, WatchedFiles } from "../watched-files.ts";

/**
 * RESTORE: opens fanotify instances. RESTORE_CREDS: the coordinator adds their marks, of files and of mounts. Unread events are lost, as with CRIU.
 *
 * Requires CAP_SYS_ADMIN.
 */
export function fanotify(): Plugin {
  return definePlugin({
    name: "fanotify",
    duty: "fanotify",
    stages: { RESTORE: "opens fanotify instances", RESTORE_CREDS: "adds their marks" },
    apply({ plan, openFile, stages }) {
      const opened: { readonly task: Task; readonly entry: FanotifyFileEntry }[] = [];
      const watched = new Planned<WatchedFiles>();
      plan.tap("fanotify", (plan) => {
        const files = watched.set(new WatchedFiles(plan));
        for (const { ffy } of plan.images.files.values()) if (ffy !== undefined) checkInstance(plan, ffy, files);
      });
      openFile.for("FANOTIFY").tap("fanotify", ({ task, entry: { ffy } }) => {
        if (ffy === undefined) return undefined;
        // The instance remembers the flags that it was made with; those of its descriptor may have changed since.
        const descriptor = task.call.fanotify_init(ffy.faflags, ffy.evflags).hint(giveCapability("CAP_SYS_ADMIN"));
        task.call.fcntl(descriptor, F.SETFL, ffy.flags & SETTABLE_FLAGS);
        opened.push({ task, entry: ffy });
        return descriptor;
      });
      stages.RESTORE_CREDS.enter.tap("fanotify", (context) => {
        const { host, tree, images } = context;
        for (const { task, entry } of opened) {
          const instance = takeDescriptor(host, tree, entry.id);
          for (const mark of entry.mark) {
            const add = (path: string) => addMark(host, instance, mark, path);
            const file = markedFile(mark);
            if (file !== undefined) watched.value.open(context, task, file, add);
            else add(watched.value.path(mountPoint(images, task, mark) ?? "/", mark.me?.mnt_id));
          }
          host.call.close(instance);
        }
      });
    },
  });
}

/** The file of a mark; undefined for a mark of a mount. */
function markedFile({ ie, s_dev: device }: FanotifyMarkEntry): WatchedFile | undefined {
  return ie === undefined ? undefined : { handle: ie.f_handle, device, inode: ie.i_ino };
}

/** The mount point of a mark. CRIU saves its path without the first slash, or its number if the tree has its own mount namespace. */
function mountPoint(images: ImageSet, task: Task, { me }: FanotifyMarkEntry): string | undefined {
  if (me?.path !== undefined) return `/${me.path}`;
  const mounts = images.values("mnts", namespaceId(task, "mount") ?? 0);
  return mounts.find(({ mnt_id }) => mnt_id === me?.mnt_id)?.mountpoint;
}

/** Adds the events that a mark reports, and those that it ignores: two calls, with flags of their own. */
function addMark(host: Host, instance: number, mark: FanotifyMarkEntry, path: string): void {
  const { mask, ignored_mask, mflags } = mark;
  const add = FAN_MARK.ADD | (mark.type === markType.MOUNT ? FAN_MARK.MOUNT : 0);
  const evictable = mflags & FAN_MARK.EVICTABLE;
  if (mask !== 0) host.call.fanotify_mark(instance, add | evictable, mask, AT_FDCWD, path);
  if (ignored_mask === 0) return;
  const ignoring = (mflags & FAN_MARK.IGNORE) === 0 ? FAN_MARK.IGNORED_MASK : 0;
  host.call.fanotify_mark(instance, add | mflags | ignoring, ignored_mask, AT_FDCWD, path);
}

function checkInstance(plan: Plan, { id, mark: marks }: FanotifyFileEntry, files: WatchedFiles): void {
  const what = `fanotify instance ${id}`;
  checkIsHeld(plan, what, id);
  for (const mark of marks) {
    const file = markedFile(mark);
    if (file !== undefined) files.check(plan, "a fanotify mark", file);
    else if (mark.me === undefined) plan.refuse({ what, why: `it has a mark of the unknown type ${mark.type}` });
    else if (mountPoint(plan.images, plan.tree.root, mark) === undefined) {
      plan.refuse({ what, why: `its mark is on mount ${mark.me.mnt_id}, which is not in the checkpoint` });
    }
  }
}
