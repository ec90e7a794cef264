import { definePlugin, type Host, type Plugin, type Task } from "@restage/core";
import type { InotifyFileEntry, InotifyWdEntry } from "@restage/images";
import { INOTIFY_IOC_SETNEXTWD, INOTIFY_SETTABLE } from "@restage/linux/abi";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { Planned } from "../../planned.ts";
import { creationFlags, setOtherFlags } from "../open-flags.ts";
import { checkIsHeld, type WatchedFile, WatchedFiles, wrongNumber } from "../watched-files.ts";

/**
 * RESTORE: opens inotify instances. RESTORE_CREDS: the coordinator adds their watches, with the recorded numbers. By then the restore itself opens
 * and closes no files, so it causes no events.
 *
 * A watched file is found by its path if the image has one, or by its handle. A deleted file is found through a task that has it open. Handles
 * require CAP_DAC_READ_SEARCH, watch numbers require CONFIG_CHECKPOINT_RESTORE.
 */
export function inotify(): Plugin {
  return definePlugin({
    name: "inotify",
    duty: "inotify",
    stages: { RESTORE: "opens inotify instances", RESTORE_CREDS: "adds their watches, with the recorded numbers" },
    apply({ plan, openFile, stages }) {
      const opened: { readonly task: Task; readonly entry: InotifyFileEntry }[] = [];
      const watched = new Planned<WatchedFiles>();
      plan.tap("inotify", (plan) => {
        const files = watched.set(new WatchedFiles(plan));
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
          // In ascending order: the kernel continues numbering after the last watch.
          for (const watch of [...entry.wd].sort((a, b) => a.wd - b.wd)) {
            watched.value.open(context, task, watchedFile(watch), (path) => addWatch(host, instance, watch, path));
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
  // Older kernels also report internal bits in the mask.
  const got = host.call.inotify_add_watch(instance, path, (mask & INOTIFY_SETTABLE) >>> 0).result;
  if (got !== wd && !host.kernel.recording) throw wrongNumber(wd, got);
}
