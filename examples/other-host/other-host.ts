import { definePlugin, type Plugin, RestoreError } from "@restage/core";

const LOOPBACK = "127.0.0.1";

/** Gives a container another host name, and its loopback link another address, on which sockets listen that had listened on 127.0.0.1. */
export function otherHost(name: string, address: string): Plugin {
  return definePlugin({
    name: "other-host",
    apply({ entries, stages }) {
      entries.utsns.tap("other-host", (names) => ({ ...names, nodename: name }));
      entries.inetsk.tap("other-host", (socket) =>
        socket.src_addr[0] === wordOf(LOOPBACK) ? { ...socket, src_addr: [wordOf(address)] } : socket,
      );
      // The root task is in its namespaces, and nothing runs in them yet.
      stages.PREPARE_NAMESPACES.leave.tap("other-host", ({ host, tree }) => {
        const network = `--net=/proc/${tree.root.hostPid}/ns/net`;
        const words = [network, "ip", "address", "add", `${address}/32`, "dev", "lo"];
        const { status, errors } = host.runProgram("nsenter", words);
        if (status !== 0) throw new RestoreError("ERR_PLUGIN", `Cannot add the address ${address}: ${errors.trim()}`);
      });
    },
  });
}

/** An IPv4 address as images record it: its four bytes as a number in the machine's byte order. */
function wordOf(address: string): number {
  return new Uint32Array(Uint8Array.from(address.split("."), Number).buffer)[0] ?? 0;
}
