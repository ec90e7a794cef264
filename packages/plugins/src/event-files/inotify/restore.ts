import { definePlugin, type Host, type Plugin, type Task } from "@restage/core";
import type { InotifyFileEntry, InotifyWdEntry } from "@restage/images";
import { INOTIFY_IOC_SETNEXTWD, INOTIFY_SETTABLE } from "@restage/linux/abi";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { creationFlags, setOtherFlags } from "../open-flags.ts";
import { checkIsHeld, type WatchedFile, WatchedFiles, wrongNumber } from "../watched-files.ts";

/**
 * RESTORE: inotify instances. RESTORE_CREDS: the coordinator adds their watches, with the recorded numbers, when no task opens or closes anything
 * for the restore any more: so no event comes from it.
 *
 * A file is found by its path, where CRIU has saved one, else by its handle; a deleted one as what a task has open. Requires
 * CAP_DAC_READ_SEARCH for handles, and CONFIG_CHECKPOINT_RESTORE for the numbers.
 */
export function inotify(): Plugin {
  return definePlugin({
    name: "inotify",
    duty: "inotify",
    stages: { RESTORE: "opens inotify instances", RESTORE_CREDS: "adds their watches, with the recorded numbers" },
    apply({ plan, openFile, stages }) {
      const opened: { readonly task: Task; readonly entry: InotifyFileEntry }[] = [];
      let files: WatchedFiles | undefined;
      plan.tap("inotify", (plan) => {
        files = new WatchedFiles(plan);
        for (const { ify } of plan.images.files.values()) {
          if (ify === undefined) continue;
          checkIsHeld(plan, `inotify instance ${ify.id}`, ify.id);
          for (const watch of ify.wd) files.check(plan, `inotify watch ${watch.wd}`, watchedFile(watch));
        }
      });
      openFile.for("INOTIFY").tap("inotify", ({ task, entry: { ify } }) => {
        if (ify === undefined) return undefined;
        const descriptor = task.call.inotify_init1(creationFlags(ify.flags));
        setOtherFlags(task, descriptor, ify.flags);
        opened.push({ task, entry: ify });
        return descriptor;
      });
      stages.RESTORE_CREDS.enter.tap("inotify", (context) => {
        const { host, tree } = context;
        for (const { task, entry } of opened) {
          const instance = takeDescriptor(host, tree, entry.id);
          // In ascending order: the kernel goes on counting after the last.
          for (const watch of [...entry.wd].sort((a, b) => a.wd - b.wd)) {
            files?.open(context, task, watchedFile(watch), (path) => addWatch(host, instance, watch, path));
          }
          host.call.close(instance);
        }
      });
    },
  });
}

function watchedFile({ f_handle: handle, s_dev: device, i_ino: inode }: InotifyWdEntry): WatchedFile {
  return { handle, device, inode };
}

function addWatch(host: Host, instance: number, { wd, mask }: InotifyWdEntry, path: string): void {
  host.call.ioctl(instance, INOTIFY_IOC_SETNEXTWD, wd);
  // Older kernels show bits of their own among the events.
  const got = host.call.inotify_add_watch(instance, path, (mask & INOTIFY_SETTABLE) >>> 0).result;
  if (got !== wd && !host.kernel.recording) throw wrongNumber(wd, got);
}
