import { definePlugin, type Host, type ImageSet, type Plugin, struct, type Tree } from "@restage/core";
import type { FileEntry, SkOptsEntry } from "@restage/images";
import { SO, SOCK_BUF_LOCK, SOL } from "@restage/linux/abi";
import { holderOf } from "../../files/holder.ts";
import { takeDescriptor } from "../../files/take-descriptor.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";

const BUFFERS = [
  { field: "so_sndbuf", lock: SOCK_BUF_LOCK.SNDBUF, option: SO.SNDBUFFORCE, limit: "wmem_max" },
  { field: "so_rcvbuf", lock: SOCK_BUF_LOCK.RCVBUF, option: SO.RCVBUFFORCE, limit: "rmem_max" },
] as const;

/**
 * RESTORE, at its end: buffers of sockets above the limits of the machine, for a tree in a user namespace. Only the host's root can have them: this
 * process sets them. Requires CAP_NET_ADMIN.
 */
export function largeBuffers(): Plugin {
  return definePlugin({
    name: "large-buffers",
    duty: "large-buffers",
    stages: { RESTORE: "gives sockets of a tree in a user namespace buffers above the limits of the machine" },
    apply({ stages }) {
      stages.RESTORE.leave.tap("large-buffers", ({ host, images, tree }) => {
        if (hasOwnNamespace(images, tree.root, "user")) enlargeBuffers(host, images, tree);
      });
    },
  });
}

function enlargeBuffers(host: Host, images: ImageSet, tree: Tree): void {
  const limits = BUFFERS.map((buffer) => ({ ...buffer, most: limitOf(host, buffer.limit) }));
  for (const file of images.files.values()) {
    const options = optionsOf(file);
    if (options === undefined || holderOf(tree, file.id) === undefined) continue;
    const { so_buf_lock: locks = SOCK_BUF_LOCK.SNDBUF | SOCK_BUF_LOCK.RCVBUF } = options;
    const large = limits.filter(({ field, lock, most }) => (locks & lock) !== 0 && options[field] >> 1 > most);
    if (large.length === 0) continue;
    const socket = takeDescriptor(host, tree, file.id);
    for (const { field, option } of large)
      host.call.setsockopt(socket, SOL.SOCKET, option, struct([4, options[field] >> 1]), 4);
    host.call.close(socket);
  }
}

function optionsOf({ usk, isk, nlsk, psk }: FileEntry): SkOptsEntry | undefined {
  return (usk ?? isk ?? nlsk ?? psk)?.opts;
}

/** The largest buffer that everyone can have. */
function limitOf(host: Host, name: string): number {
  return Number(host.readText(`/proc/sys/net/core/${name}`) ?? Number.POSITIVE_INFINITY);
}
