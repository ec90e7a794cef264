import { definePlugin, type Host, type Plan, type RestorePlugin, type Task } from "@restage/core";
import type { InotifyFileEntry, InotifyWdEntry } from "@restage/images";
import { INOTIFY_IOC_SETNEXTWD } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { openByHandle } from "./file-handles.ts";
import { creationFlags, setOtherFlags } from "./open-flags.ts";

/**
 * RESTORE: inotify instances. RESTORE_CREDS: their watches, with the recorded numbers, when no task opens or closes anything for the restore any
 * more: so no event comes from it.
 *
 * A file is found by its path, where CRIU has saved one, else by its handle. Requires CAP_DAC_READ_SEARCH for handles, and
 * CONFIG_CHECKPOINT_RESTORE for the numbers.
 */
export function inotify(): RestorePlugin {
  return definePlugin({
    name: "inotify",
    duty: "inotify",
    stages: { RESTORE: "opens inotify instances", RESTORE_CREDS: "adds their watches, with the recorded numbers" },
    supports: [
      {
        group: "files",
        what: "inotify",
        restored: "watches with their numbers and masks, found by path or by handle",
        refused: "watched files that are not there",
        kernel: "CONFIG_CHECKPOINT_RESTORE",
        shownBy: ["fixture polling"],
      },
    ],
    apply({ plan, openFile, stages }) {
      const opened = new Map<Task, InotifyFileEntry[]>();
      let host: Host | undefined;
      plan.tap("inotify", checkWatchedFiles);
      openFile.for("INOTIFY").tap("inotify", ({ task, entry: { ify } }) => {
        if (ify === undefined) return undefined;
        const descriptor = task.call.inotify_init1(creationFlags(ify.flags));
        setOtherFlags(task, descriptor, ify.flags);
        opened.set(task, [...(opened.get(task) ?? []), ify]);
        return descriptor;
      });
      stages.RESTORE_CREDS.enter.tap("inotify", (context) => {
        host = context.host;
      });
      stages.RESTORE_CREDS.task.tapPromise("inotify", async (task) => {
        for (const { id, wd: watches } of opened.get(task) ?? []) {
          const number = task.descriptors.find((descriptor) => descriptor.id === id)?.fd;
          if (number === undefined || host === undefined) continue;
          // In ascending order: the kernel goes on counting after the last.
          for (const watch of [...watches].sort((a, b) => a.wd - b.wd)) await addWatch(task, number, watch, host);
        }
      });
    },
  });
}

async function addWatch(task: Task, number: number, watch: InotifyWdEntry, host: Host): Promise<void> {
  const { f_handle: handle, s_dev: device, mask, wd } = watch;
  const file = handle.path === undefined ? await openByHandle(task, handle, device, host) : undefined;
  task.call.ioctl(number, INOTIFY_IOC_SETNEXTWD, wd).hint("the kernel has to have CONFIG_CHECKPOINT_RESTORE");
  task.call.inotify_add_watch(number, handle.path ?? `/proc/self/fd/${file}`, mask).expect(wd);
  if (file !== undefined) task.call.close(file);
}

function checkWatchedFiles(plan: Plan): void {
  // Paths in a mount namespace of the tree's own are not there yet.
  if (hasOwnNamespace(plan.checkpoint, plan.tree.root, "mount")) return;
  for (const { ify } of plan.checkpoint.files.values()) {
    for (const { f_handle: handle, wd } of ify?.wd ?? []) {
      if (handle.path === undefined || plan.host.stat(handle.path) !== "missing") continue;
      plan.refuse({
        what: `file ${handle.path}`,
        why: `inotify watch ${wd} is on it, and it is not there`,
        hint: "put it back, or rewrite its path: entries.inotify_file",
      });
    }
  }
}
