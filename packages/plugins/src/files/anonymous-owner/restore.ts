import { definePlugin, type Plugin } from "@restage/core";

/** RESTORE: sets owners and permissions of pipes and sockets, from restage.img. Requires CAP_CHOWN for those of other users. */
export function anonymousOwners(): Plugin {
  return definePlugin({
    name: "anonymous-owners",
    duty: "anonymous-owners",
    stages: { RESTORE: "sets owners and permissions of pipes and sockets" },
    apply({ filesOpened }) {
      filesOpened.tap("anonymous-owners", ({ task, descriptors, images }) => {
        for (const [id, descriptor] of descriptors) {
          const { inode } = images.own.file(id) ?? {};
          if (inode === undefined) continue;
          task.call
            .fchown(descriptor, inode.uid, inode.gid)
            .hint(`give the command CAP_CHOWN: user ${inode.uid} owns it`);
          task.call.fchmod(descriptor, inode.mode);
        }
      });
    },
  });
}
