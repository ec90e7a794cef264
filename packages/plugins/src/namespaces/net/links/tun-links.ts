import { data, type Host, struct } from "@restage/core";
import type { NetDeviceEntry } from "@restage/images";
import { AT_FDCWD, IFREQ, O, TUN } from "@restage/linux/abi";

/** The value of `owner` and `group` when every user can attach. Source: CRIU images/tun.proto. */
const NOBODY = -1;

/**
 * Makes a TUN or TAP link with its index, in the network namespace of this process. It persists until the plugin "tun-files" has attached its
 * descriptors again. Requires CAP_NET_ADMIN. Source: Linux Documentation/networking/tuntap.rst.
 */
export function makeTunLink(host: Host, { name, ifindex, tun }: NetDeviceEntry): void {
  if (tun === undefined) return;
  const device = host.call.openat(AT_FDCWD, "/dev/net/tun", O.RDWR | O.CLOEXEC, 0).result;
  try {
    host.call.ioctl(device, TUN.SETIFINDEX, struct([4, ifindex]));
    host.call.ioctl(device, TUN.SETIFF, interfaceRequest(name, tun.flags));
    if (tun.owner !== NOBODY) host.call.ioctl(device, TUN.SETOWNER, tun.owner);
    if (tun.group !== NOBODY) host.call.ioctl(device, TUN.SETGROUP, tun.group);
    host.call.ioctl(device, TUN.SETSNDBUF, struct([4, tun.sndbuf]));
    host.call.ioctl(device, TUN.SETVNETHDRSZ, struct([4, tun.vnethdr]));
    host.call.ioctl(device, TUN.SETPERSIST, 1);
  } finally {
    host.call.close(device);
  }
}

/** struct ifreq with a name and flags. */
export function interfaceRequest(name: string, flags: number): ReturnType<typeof data> {
  const bytes = new Uint8Array(IFREQ.size);
  bytes.set(new TextEncoder().encode(name).subarray(0, IFREQ.flags - 1));
  new DataView(bytes.buffer).setUint16(IFREQ.flags, flags & 0xffff, true);
  return data(bytes);
}
