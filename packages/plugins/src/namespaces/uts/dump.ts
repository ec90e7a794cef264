import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../own-namespaces.ts";

/** Saves the host name and the domain name of a tree with a UTS namespace of its own. */
export function utsNamespace(): Plugin {
  return definePlugin({
    name: "uts-namespace",
    duty: "uts-namespace",
    phases: { write: "saves host name and domain name" },
    dump({ phases }) {
      phases.write.tree.tap("uts-namespace", ({ root }, context) => {
        const id = ownNamespace(context, "uts");
        if (id === undefined) return;
        const { host, images } = context;
        const value = host.inside(`/proc/${root.hostPid}/ns/uts`, "uts", () => ({
          nodename: host.readText("/proc/sys/kernel/hostname", "utf8") ?? "",
          domainname: host.readText("/proc/sys/kernel/domainname", "utf8") ?? "",
        }));
        images.add("utsns", id, { value });
      });
    },
  });
}
