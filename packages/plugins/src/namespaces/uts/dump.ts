import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";

/** Host and domain name of a tree with a UTS namespace of its own. */
export function utsNamespace(): Plugin {
  return definePlugin({
    name: "uts-namespace",
    duty: "uts-namespace",
    dump({ phases }) {
      phases.write.tree.tap("uts-namespace", (_tree, context) => {
        const id = ownNamespace(context, "uts");
        if (id === undefined) return;
        const {
          host,
          images,
          tree: { root },
        } = context;
        const value = host.inside(`/proc/${root.hostPid}/ns/uts`, "uts", () => ({
          nodename: host.readText("/proc/sys/kernel/hostname") ?? "",
          domainname: host.readText("/proc/sys/kernel/domainname") ?? "",
        }));
        images.add("utsns", id, { value });
      });
    },
  });
}
