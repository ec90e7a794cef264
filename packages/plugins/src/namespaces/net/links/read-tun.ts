import type { DumpContext, Host } from "@restage/core";
import type { InputOf, TunLinkEntry } from "@restage/images";
import { AT_FDCWD, IFF_TUN, IFLA_TUN, O, TUN } from "@restage/linux/abi";
import { room } from "../../../room.ts";
import { interfaceRequest } from "./tun-links.ts";

interface TunLink {
  readonly name: string;
  /** Inside IFLA_INFO_DATA. */
  readonly data: ReadonlyMap<number, Uint8Array>;
}

/** The settings of a TUN or TAP link in the network namespace of this process. */
export function readTun(context: DumpContext, { name, data }: TunLink): InputOf<TunLinkEntry> {
  const is = (attribute: number) => (data.get(attribute)?.[0] ?? 0) !== 0;
  const flags =
    (data.get(IFLA_TUN.TYPE)?.[0] ?? 0) |
    (is(IFLA_TUN.PI) ? 0 : IFF_TUN.NO_PI) |
    (is(IFLA_TUN.VNET_HDR) ? IFF_TUN.VNET_HDR : 0) |
    (is(IFLA_TUN.PERSIST) ? IFF_TUN.PERSIST : 0) |
    (is(IFLA_TUN.MULTI_QUEUE) ? IFF_TUN.MULTI_QUEUE : 0);
  return {
    flags,
    owner: id(data.get(IFLA_TUN.OWNER)),
    group: id(data.get(IFLA_TUN.GROUP)),
    ...readSizes(context, name, flags),
  };
}

/** Reads through a file of the tree that is attached to the link. Without one, it briefly attaches another file. */
function readSizes({ host, files }: DumpContext, name: string, flags: number) {
  const attached = files.all.find(({ entry }) => entry?.tunf?.netdev === name && entry.tunf.detached !== true);
  if (attached?.descriptor !== undefined) return sizesOf(host, attached.descriptor);
  const file = host.call.openat(AT_FDCWD, "/dev/net/tun", O.RDWR | O.CLOEXEC, 0).result;
  try {
    host.call.ioctl(file, TUN.SETIFF, interfaceRequest(name, flags & ~IFF_TUN.PERSIST));
    return sizesOf(host, file);
  } finally {
    host.call.close(file);
  }
}

function sizesOf(host: Host, file: number) {
  const read = (request: number) => {
    const value = room(4);
    host.call.ioctl(file, request, value.data);
    return value.view.getInt32(0, true);
  };
  return { sndbuf: read(TUN.GETSNDBUF), vnethdr: read(TUN.GETVNETHDRSZ) };
}

/** The owner or group of a link; -1 if the kernel reports none. */
function id(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}
