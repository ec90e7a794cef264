import { definePlugin, type Plan, type Plugin, struct, type Task, type Value } from "@restage/core";
import type { NetlinkSkEntry } from "@restage/images";
import { AF, F, NETLINK_CONNECTED, SETTABLE_FLAGS, SOCK } from "@restage/linux/abi";
import { setSocketOptions } from "../socket-options/restore.ts";

/** RESTORE: netlink sockets with their port id and their first 32 groups. Requires CAP_NET_ADMIN for groups and buffer sizes. */
export function netlinkSockets(): Plugin {
  return definePlugin({
    name: "netlink-sockets",
    duty: "netlink-sockets",
    stages: { RESTORE: "opens netlink sockets" },
    apply({ plan, openFile }) {
      plan.tap("netlink-sockets", checkNetlinkSockets);
      openFile.for("NETLINKSK").tap("netlink-sockets", ({ task, entry }) => {
        return entry.nlsk === undefined ? undefined : openSocket(task, entry.nlsk);
      });
    },
  });
}

function openSocket(task: Task, entry: NetlinkSkEntry): Value {
  const { protocol, portid, groups, state, dst_portid, dst_group, flags, opts } = entry;
  const socket = task.call.socket(AF.NETLINK, SOCK.RAW | SOCK.CLOEXEC, protocol);
  if (portid !== 0 || groups.some((group) => group !== 0)) {
    // As in CRIU, it gets another port id if its own is taken. Binding a bound socket again fails with EINVAL.
    task.call.bind(socket, netlinkAddress(portid, groups[0] ?? 0), 12).allow("EADDRINUSE");
    task.call.bind(socket, netlinkAddress(0, groups[0] ?? 0), 12).allow("EINVAL");
  }
  if (state === NETLINK_CONNECTED) {
    task.call.connect(socket, netlinkAddress(dst_portid, dst_group === 0 ? 0 : 1 << (dst_group - 1)), 12);
  }
  task.call.fcntl(socket, F.SETFL, flags & SETTABLE_FLAGS);
  setSocketOptions(task, socket, opts);
  return socket;
}

/** struct sockaddr_nl. */
function netlinkAddress(port: number, groups: number): ReturnType<typeof struct> {
  return struct([4, AF.NETLINK], [4, port], [4, groups]);
}

function checkNetlinkSockets(plan: Plan): void {
  for (const { nlsk } of plan.images.files.values()) {
    if (nlsk === undefined) continue;
    const what = `netlink socket of protocol ${nlsk.protocol}, port ${nlsk.portid}`;
    if (nlsk.groups.slice(1).some((group) => group !== 0)) {
      plan.refuse({ what, why: "it is a member of groups above 32, which Restage does not restore yet" });
    }
  }
}
