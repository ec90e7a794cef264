import { data, type ImageSet, loaded, output, type Task, type Value } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { AF, IFREQ, IPV6, SIOCGIFINDEX, SO, SOCK, SOL } from "@restage/linux/abi";
import { setOptionsForBinding } from "../settings/restore.ts";
import { setOption } from "../socket-options/restore.ts";
import { inetName, isAnyAddress } from "./addresses.ts";
import { IP_OPTIONS, IPV6_OPTIONS } from "./format.ts";
import { socketAddress } from "./socket-address.ts";

/** Sets the options that must be set before a socket is bound. */
export function prepareInetSocket(task: Task, socket: Value, entry: InetSkEntry, images: ImageSet): void {
  const { family, type, v6only, ip_opts, opts } = entry;
  // The kernel treats a raw socket as bound from the start, and refuses this option then.
  const isUnbound = family === AF.INET6 && type !== SOCK.RAW;
  if (isUnbound && v6only !== undefined) setOption(task, socket, SOL.IPV6, IPV6.V6ONLY, v6only);
  if (ip_opts?.freebind === true) {
    const { level, option } = (family === AF.INET ? IP_OPTIONS : IPV6_OPTIONS).freebind;
    setOption(task, socket, level, option, true);
  }
  setOptionsForBinding(task, socket, images, entry.id);
  if (opts.so_bound_dev !== undefined) {
    const device = new TextEncoder().encode(`${opts.so_bound_dev}\0`);
    task.call
      .setsockopt(socket, SOL.SOCKET, SO.BINDTODEVICE, data(device), device.length)
      .hint(`this needs CAP_NET_RAW and the network device ${opts.so_bound_dev}`);
  }
}

/** Binds a socket that has an address. */
export function bindInetSocket(task: Task, socket: Value, entry: InetSkEntry): void {
  const { family, type, src_port, src_addr, ifname, ip_opts } = entry;
  const hasAddress = type === SOCK.RAW ? !isAnyAddress(src_addr) : src_port !== 0;
  if (!hasAddress) return;
  // An IPv6 address cannot be bound until duplicate detection is over, unless IPV6_FREEBIND is set.
  const needsFreebind = family === AF.INET6 && type !== SOCK.RAW;
  const { level, option } = IPV6_OPTIONS.freebind;
  if (needsFreebind) setOption(task, socket, level, option, true);
  const scope = ifname === undefined ? 0 : interfaceIndex(task, socket, ifname);
  const address = socketAddress(family, { port: src_port, words: src_addr }, scope);
  task.call.bind(socket, address, address.bytes.length).hint(portHint(entry));
  if (needsFreebind && ip_opts?.freebind !== true) setOption(task, socket, level, option, false);
}

/** The index of a network device in the task's network namespace. */
export function interfaceIndex(task: Task, socket: Value, name: string): Value {
  const request = output(IFREQ.size);
  request.bytes.set(new TextEncoder().encode(name).subarray(0, IFREQ.ifindex - 1));
  task.call.ioctl(socket, SIOCGIFINDEX, request).hint(`the network device ${name} does not exist`);
  return loaded(request, IFREQ.ifindex, 4);
}

/** Sets whether other sockets can use the same port. */
export function setReuse(task: Task, socket: Value, { opts }: InetSkEntry): void {
  setOption(task, socket, SOL.SOCKET, SO.REUSEADDR, opts.reuseaddr ?? false);
  setOption(task, socket, SOL.SOCKET, SO.REUSEPORT, opts.so_reuseport ?? false);
}

/** What to do when a socket cannot be bound. */
export function portHint(entry: InetSkEntry): string {
  return `the address of ${inetName(entry)} is in use, or this machine does not have it: free it, or use the plugin movePorts or moveAddresses`;
}
