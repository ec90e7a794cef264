import { data, definePlugin, type Plugin, type Task } from "@restage/core";
import type { InetSkEntry, OwnDatagramEntry } from "@restage/images";
import { IPPROTO, SOCK } from "@restage/linux/abi";
import { isAnyAddress, unmapped } from "../inet/addresses.ts";
import { encodeAddress } from "../inet/format.ts";
import { encodePacket, familyOf } from "./format.ts";

/** RESTORE: sends datagrams to UDP sockets that had not read them, from restage.img. The packets do not leave the machine. Requires CAP_NET_RAW. */
export function datagrams(): Plugin {
  return definePlugin({
    name: "datagrams",
    duty: "datagrams",
    stages: { RESTORE: "sends datagrams to UDP sockets that had not read them" },
    apply({ filesOpened }) {
      filesOpened.tap("datagrams", ({ task, descriptors, images }) => {
        for (const id of descriptors.keys()) {
          const unread = images.own.file(id)?.datagrams ?? [];
          const { isk } = images.file(id, "restage.img");
          if (isk !== undefined) for (const datagram of unread) send(task, isk, datagram);
        }
      });
    },
  });
}

function send(task: Task, isk: InetSkEntry, { port, source, destination, content }: OwnDatagramEntry): void {
  const to = isAnyAddress(isk.src_addr) ? destination : unmapped(isk.src_addr);
  const family = familyOf(to);
  const packet = encodePacket({
    source,
    sourcePort: port,
    destination: to,
    destinationPort: isk.src_port,
    content,
  });
  // A raw socket of this protocol sends packets with their headers.
  const socket = task.call.socket(family, SOCK.RAW | SOCK.CLOEXEC, IPPROTO.RAW).hint("give this process CAP_NET_RAW");
  const address = encodeAddress(family, { port: 0, words: to });
  task.call
    .sendto(socket, data(packet), packet.length, 0, data(address), address.length)
    .expect(packet.length)
    .hint("check that the loopback device is up");
  task.call.close(socket);
}
