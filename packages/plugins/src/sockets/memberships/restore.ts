import { data, definePlugin, type Plugin, type Task, type Value } from "@restage/core";
import type { OwnMembershipEntry } from "@restage/images";
import { AF, GROUP_FILTER, MCAST, SOL } from "@restage/linux/abi";
import { interfaceIndex } from "../inet/binding.ts";
import { wordsOf } from "../inet/format.ts";
import { encodeFilter, familyOf } from "./format.ts";

/** RESTORE: lets sockets join their multicast groups again, from restage.img. */
export function memberships(): Plugin {
  return definePlugin({
    name: "memberships",
    duty: "memberships",
    stages: { RESTORE: "lets sockets join their multicast groups" },
    apply({ filesOpened }) {
      filesOpened.tap("memberships", ({ task, descriptors, images }) => {
        for (const [id, socket] of descriptors)
          for (const membership of images.own.file(id)?.memberships ?? []) join(task, socket, membership);
      });
    },
  });
}

function join(task: Task, socket: Value, { device, group, only = false, sources }: OwnMembershipEntry): void {
  const family = familyOf(group);
  const level = family === AF.INET ? SOL.IP : SOL.IPV6;
  const size = wordsOf(family);
  const addresses = Array.from({ length: sources.length / size }, (_, at) => sources.slice(at * size, (at + 1) * size));
  const index = { offset: GROUP_FILTER.gf_interface, size: 4 as const, value: interfaceIndex(task, socket, device) };
  const filter = encodeFilter(0, group, { only, sources: addresses }, addresses.length);
  // struct group_req is the beginning of struct group_filter.
  const request = data(filter.slice(0, GROUP_FILTER.gf_fmode), [index]);
  task.call
    .setsockopt(socket, level, MCAST.JOIN_GROUP, request, request.bytes.length)
    .hint(`the network device ${device} must have multicast, and sysctls limit the number of groups`);
  if (only || addresses.length > 0)
    task.call.setsockopt(socket, level, MCAST.MSFILTER, data(filter, [index]), filter.length);
}
