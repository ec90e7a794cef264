import { data, definePlugin, type ImageSet, type Plugin, type Task, type Value } from "@restage/core";
import type { OwnOptionEntry } from "@restage/images";
import { isForBinding } from "./format.ts";

/** RESTORE: sets the options of sockets that CRIU does not save, from restage.img. Some require CAP_NET_ADMIN or CAP_NET_RAW. */
export function socketSettings(): Plugin {
  return definePlugin({
    name: "socket-settings",
    duty: "socket-settings",
    stages: { RESTORE: "sets the options of sockets that CRIU does not save" },
    apply({ filesOpened }) {
      filesOpened.tap("socket-settings", ({ task, descriptors, images }) => {
        for (const [id, socket] of descriptors)
          for (const option of optionsOf(images, id)) if (!isForBinding(option)) setOwnOption(task, socket, option);
      });
    },
  });
}

/** Sets those of a socket's options that come before it is bound. */
export function setOptionsForBinding(task: Task, socket: Value, images: ImageSet, id: number): void {
  for (const option of optionsOf(images, id)) if (isForBinding(option)) setOwnOption(task, socket, option);
}

function optionsOf(images: ImageSet, id: number): readonly OwnOptionEntry[] {
  return images.own.file(id)?.options ?? [];
}

function setOwnOption(task: Task, socket: Value, { level, option, value }: OwnOptionEntry): void {
  task.call
    .setsockopt(socket, level, option, data(value), value.length)
    .hint(`option ${option} of level ${level} needs this kernel's support, and some options need CAP_NET_ADMIN`);
}
