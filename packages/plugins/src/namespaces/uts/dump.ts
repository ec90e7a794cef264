import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";

/** Host and domain name of a tree with a UTS namespace of its own. */
export function utsNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "uts-namespace",
    duty: "uts-namespace",
    saves: [
      {
        group: "namespaces",
        what: "UTS namespaces",
        saved: "host and domain names",
        shownBy: ["fixture namespaces"],
      },
    ],
    apply({ write }) {
      write.tree.tap("uts-namespace", (tree) => {
        const id = ownNamespace(tree, "uts");
        if (id === undefined) return;
        const { host, images, root } = tree;
        const value = host.inside(`/proc/${root.hostPid}/ns/uts`, "uts", () => ({
          nodename: host.readText("/proc/sys/kernel/hostname") ?? "",
          domainname: host.readText("/proc/sys/kernel/domainname") ?? "",
        }));
        images.add("utsns", id, { value });
      });
    },
  });
}
