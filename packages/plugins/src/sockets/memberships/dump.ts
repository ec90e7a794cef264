import { type DumpContext, definePlugin, type OpenFile, output, type Plugin, struct } from "@restage/core";
import type { OwnMembershipEntry } from "@restage/images";
import { AF, MCAST, SOCK, SOL } from "@restage/linux/abi";
import {
  countSources,
  decodeFilter,
  encodeFilter,
  familyOf,
  filterSize,
  type GroupOnDevice,
  parseIgmp,
  parseIgmp6,
} from "./format.ts";

/** By default, sysctl allows no more in the filter of a group of IPv4 (igmp_max_msf). */
const FEW_SOURCES = 10;

/** Multicast groups that sockets have joined, with the filters of their sources: in restage.img, because CRIU does not save them. */
export function memberships(): Plugin {
  return definePlugin({
    name: "memberships",
    duty: "memberships",
    phases: { inspect: "finds multicast groups that sockets have joined" },
    dump({ filesDescribed }) {
      filesDescribed.tap("memberships", ({ root }, context) => {
        const sockets = context.files.all.filter(canJoin);
        if (sockets.length === 0) return;
        // The kernel lists the groups of a network device, and tells of a socket only whether it is in one of them.
        const groups = [
          ...parseIgmp(context.host.readText(`${root.proc}/net/igmp`) ?? ""),
          ...parseIgmp6(context.host.readText(`${root.proc}/net/igmp6`) ?? ""),
        ];
        for (const { id, descriptor, entry } of sockets) {
          const joined = groups.flatMap((group) => {
            if (familyOf(group.address) === AF.INET6 && entry?.isk?.family !== AF.INET6) return [];
            return readMembership(context, descriptor ?? -1, group) ?? [];
          });
          if (joined.length > 0) context.own.file(id).memberships = joined;
        }
      });
    },
  });
}

function canJoin({ descriptor, entry }: OpenFile): boolean {
  return descriptor !== undefined && entry?.isk !== undefined && entry.isk.type !== SOCK.STREAM;
}

/** What a socket receives of a group; undefined when it has not joined it. */
function readMembership(
  context: DumpContext,
  socket: number,
  group: GroupOnDevice,
  room = FEW_SOURCES,
): OwnMembershipEntry | undefined {
  const { device, index, address } = group;
  const answer = output(filterSize(room));
  answer.bytes.set(encodeFilter(index, address, { only: false, sources: [] }, room));
  const length = struct([4, answer.bytes.length]);
  const level = familyOf(address) === AF.INET ? SOL.IP : SOL.IPV6;
  if (context.host.attempt("getsockopt", socket, level, MCAST.MSFILTER, answer, length) < 0) return undefined;
  const count = countSources(answer.bytes);
  if (count > room) return readMembership(context, socket, group, count);
  const { only, sources } = decodeFilter(familyOf(address), answer.bytes);
  return { device, group: address, ...(only ? { only } : {}), sources: sources.flat() };
}
