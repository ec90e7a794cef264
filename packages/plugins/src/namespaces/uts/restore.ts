import { definePlugin, type Plugin } from "@restage/core";
import { encodeText, type UtsnsEntry } from "@restage/images";
import { CLONE } from "@restage/linux/abi";
import { makesNamespace, namespaceId } from "../own-namespaces.ts";

/** ROOT_TASK: the root task enters a new UTS namespace. PREPARE_NAMESPACES: it sets the host name and the domain name. Requires CAP_SYS_ADMIN. */
export function utsNamespace(): Plugin {
  return definePlugin({
    name: "uts-namespace",
    duty: "uts-namespace",
    stages: {
      ROOT_TASK: "enters a new UTS namespace",
      PREPARE_NAMESPACES: "sets the host name and the domain name",
    },
    apply({ plan, stages }) {
      let names: UtsnsEntry | undefined;
      plan.tap("uts-namespace", (plan) => {
        const { images, tree } = plan;
        if (makesNamespace(plan, "uts")) names = images.value("utsns", namespaceId(tree.root, "uts") ?? 0);
      });
      stages.ROOT_TASK.task.tap("uts-namespace", (root) => {
        if (names !== undefined) root.call.unshare(CLONE.NEWUTS);
      });
      stages.PREPARE_NAMESPACES.task.tap("uts-namespace", (root) => {
        if (names === undefined) return;
        const [host, domain] = [encodeText(names.nodename), encodeText(names.domainname)];
        root.call.sethostname(host, host.length);
        root.call.setdomainname(domain, domain.length);
      });
    },
  });
}
