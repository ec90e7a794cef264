import { definePlugin, type Plugin, RestoreError } from "@restage/core";

const LOOPBACK = "127.0.0.1";

/** A container comes back under another host name; its loopback link has another address too, where sockets listen that had 127.0.0.1. */
export function otherHost(name: string, address: string): Plugin {
  return definePlugin({
    name: "other-host",
    apply({ entries, stages }) {
      entries.utsns.tap("other-host", (names) => ({ ...names, nodename: name }));
      entries.inetsk.tap("other-host", (socket) =>
        socket.src_addr[0] === wordOf(LOOPBACK) ? { ...socket, src_addr: [wordOf(address)] } : socket,
      );
      // The root task has its namespaces, and nothing runs in them yet.
      stages.PREPARE_NAMESPACES.leave.tap("other-host", ({ host, tree }) => {
        const network = `--net=/proc/${tree.root.hostPid}/ns/net`;
        const words = [network, "ip", "address", "add", `${address}/32`, "dev", "lo"];
        const { status, errors } = host.runProgram("nsenter", words);
        if (status !== 0) throw new RestoreError("ERR_PLUGIN", `Cannot add the address ${address}: ${errors.trim()}`);
      });
    },
  });
}

/** An IPv4 address as images have it: the four bytes in their order, as a number of the machine. */
function wordOf(address: string): number {
  return new Uint32Array(Uint8Array.from(address.split("."), Number).buffer)[0] ?? 0;
}
