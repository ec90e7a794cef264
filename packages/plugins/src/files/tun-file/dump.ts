import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { IFF_TUN, IFREQ, MAJOR, S_IF, TUN } from "@restage/linux/abi";
import { cString } from "../../c-string.ts";
import { contentNamespace } from "../../namespaces/net/content-namespace.ts";
import { room } from "../../room.ts";
import { regularEntry } from "../regular-file/regular-entry.ts";

/** The number of /dev/net/tun. Source: Documentation/admin-guide/devices.txt. */
const DEVICE = (BigInt(MAJOR.MISC) << 8n) | 200n;
/** Where struct sock_fprog has its length. */
const FILTER_SIZE = 16;

/** Saves files of /dev/net/tun. Their links are saved with the network namespace. */
export function tunFiles(): Plugin {
  return definePlugin({
    name: "tun-files",
    duty: "tun-files",
    phases: {
      inspect: "describes files of /dev/net/tun; refuses filters, and links outside the tree's network namespace",
    },
    dump({ describeFile }) {
      describeFile.tap("tun-files", (file, context) => {
        const { id, stat, descriptor } = file;
        if ((stat.mode & S_IF.MT) !== S_IF.CHR || stat.rdev !== DEVICE || descriptor === undefined) return undefined;
        const link = linkOf(descriptor, context);
        if (link !== undefined) check(file, descriptor, context);
        const ns_id = contentNamespace(context);
        const netdev = link === undefined ? {} : { netdev: link.name, ...(link.isDetached ? { detached: true } : {}) };
        const tunf = { id, ...netdev, ...(ns_id === undefined ? {} : { ns_id }) };
        return { type: fdTypes.TUNF, tunf, reg: regularEntry(file, context, id) };
      });
    },
  });
}

/** The link that a file is attached to. */
function linkOf(descriptor: number, { host }: DumpContext) {
  const request = room(IFREQ.size);
  if (host.attempt("ioctl", descriptor, TUN.GETIFF, request.data) < 0) return undefined;
  const flags = request.view.getUint16(IFREQ.flags, true);
  return { name: cString(request.data.bytes), isDetached: (flags & IFF_TUN.DETACH_QUEUE) !== 0 };
}

function check({ link, task }: OpenFile, descriptor: number, context: DumpContext): void {
  const refuse = (why: string) => context.findings.refuse({ what: link, why, pid: task.pid });
  if (contentNamespace(context) === undefined)
    refuse("its link is outside the network namespace of the tree, or the content of that namespace is not saved");
  const filter = room(FILTER_SIZE);
  if (context.host.attempt("ioctl", descriptor, TUN.GETFILTER, filter.data) === 0 && filter.view.getUint16(0, true) > 0)
    refuse("it has a filter (TUNATTACHFILTER), which images cannot record");
}
