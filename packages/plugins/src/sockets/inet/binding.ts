import { data, loaded, output, type Task, type Value } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { AF, IFREQ, IP, IPV6, SIOCGIFINDEX, SO, SOCK, SOL } from "@restage/linux/abi";
import { setOption } from "../socket-options/restore.ts";
import { inetName, isAnyAddress, socketAddress } from "./addresses.ts";

/** What has to be said before a socket is bound. */
export function prepareInetSocket(task: Task, socket: Value, entry: InetSkEntry): void {
  const { family, type, v6only, ip_opts, opts } = entry;
  // A raw socket counts as bound from the beginning: too late for this.
  const isOpen = family === AF.INET6 && type !== SOCK.RAW;
  if (isOpen && v6only !== undefined) setOption(task, socket, SOL.IPV6, IPV6.V6ONLY, v6only);
  if (ip_opts?.freebind === true) {
    if (family === AF.INET) setOption(task, socket, SOL.IP, IP.FREEBIND, true);
    else setOption(task, socket, SOL.IPV6, IPV6.FREEBIND, true);
  }
  if (opts.so_bound_dev !== undefined) {
    const device = new TextEncoder().encode(`${opts.so_bound_dev}\0`);
    task.call
      .setsockopt(socket, SOL.SOCKET, SO.BINDTODEVICE, data(device), device.length)
      .hint(`it needs CAP_NET_RAW, and the network device ${opts.so_bound_dev}`);
  }
}

/** Binds a socket that has an address. */
export function bindInetSocket(task: Task, socket: Value, entry: InetSkEntry): void {
  const { family, type, src_port, src_addr, ifname, ip_opts } = entry;
  const hasAddress = type === SOCK.RAW ? !isAnyAddress(src_addr) : src_port !== 0;
  if (!hasAddress) return;
  // An address of IPv6 may not be usable at once after the interface is up.
  const free = family === AF.INET6 && type !== SOCK.RAW;
  if (free) setOption(task, socket, SOL.IPV6, IPV6.FREEBIND, true);
  const scope = ifname === undefined ? 0 : interfaceIndex(task, socket, ifname);
  const address = socketAddress(family, src_port, src_addr, scope);
  task.call.bind(socket, address, address.bytes.length).hint(portHint(entry));
  if (free && ip_opts?.freebind !== true) setOption(task, socket, SOL.IPV6, IPV6.FREEBIND, false);
}

/** The index of a network device in the task's network namespace. */
function interfaceIndex(task: Task, socket: Value, name: string): Value {
  const request = output(IFREQ.size);
  request.bytes.set(new TextEncoder().encode(name).subarray(0, IFREQ.ifindex - 1));
  task.call.ioctl(socket, SIOCGIFINDEX, request).hint(`the network device ${name} is not there`);
  return loaded(request, IFREQ.ifindex, 4);
}

/** Whether others may have its port, too. */
export function setReuse(task: Task, socket: Value, { opts }: InetSkEntry): void {
  setOption(task, socket, SOL.SOCKET, SO.REUSEADDR, opts.reuseaddr ?? false);
  setOption(task, socket, SOL.SOCKET, SO.REUSEPORT, opts.so_reuseport ?? false);
}

/** What to do when a port cannot be had. */
export function portHint(entry: InetSkEntry): string {
  return `the address of ${inetName(entry)} is in use, or this machine does not have it: free it, or rewrite it: entries.inetsk`;
}
