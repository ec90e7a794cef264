import { definePlugin, RestoreError, type RestorePlugin } from "@restage/core";

/** A container comes back under another host name, and has another address on its loopback link too. */
export function otherHost(name: string, address: string): RestorePlugin {
  return definePlugin({
    name: "other-host",
    apply({ entries, stages }) {
      entries.utsns.tap("other-host", (names) => ({ ...names, nodename: name }));
      // The root task has its namespaces, and nothing runs in them yet.
      stages.PREPARE_NAMESPACES.leave.tap("other-host", ({ host, tree }) => {
        const network = `--net=/proc/${tree.root.hostPid}/ns/net`;
        const { status, errors } = host.runProgram("nsenter", [network, "ip", "address", "add", address, "dev", "lo"]);
        if (status !== 0) throw new RestoreError("ERR_PLUGIN", `Cannot add the address ${address}: ${errors.trim()}`);
      });
    },
  });
}
