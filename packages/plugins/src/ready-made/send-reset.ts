import { data, type Host, type Tree } from "@restage/core";
import { AF, IP, IPPROTO, SO, SOCK, SOL, TCP_FLAG } from "@restage/linux/abi";
import { namespaceId } from "../namespaces/own-namespaces.ts";
import { unmappedAddresses } from "../sockets/inet/addresses.ts";
import { socketAddress } from "../sockets/inet/socket-address.ts";
import { LOCK_MARK } from "../sockets/network-lock/format.ts";
import { writeOption } from "../sockets/socket-options/host-options.ts";
import { type Connection, sequencesOf, unsentOf } from "../sockets/tcp/ends.ts";
import { segmentBytes } from "../sockets/tcp/segments.ts";

/**
 * Tells the peer of a connection that it no longer exists. The peer accepts a RST with exactly the next number that it expects. If it has not received
 * everything, it answers, and this kernel, which has no such connection, answers that with another RST.
 */
export function sendReset(host: Host, tree: Tree, connection: Connection): void {
  const { entry } = connection;
  const task = tree.tasks.find((task) => task.survives && namespaceId(task, "net") === entry.ns_id) ?? tree.root;
  host.inside(`/proc/${task.hostPid}/ns/net`, "net", () => {
    const { family, src_addr, dst_addr } = unmappedAddresses(entry);
    const { received, sent } = sequencesOf(connection);
    const to = { port: entry.dst_port, words: dst_addr };
    const bytes = segmentBytes({
      family,
      from: { port: entry.src_port, words: src_addr },
      to,
      sequence: (sent.to - unsentOf(connection).length) >>> 0,
      acknowledged: received.to,
      flags: TCP_FLAG.RST,
      window: 0,
    });
    const socket = host.call.socket(family, SOCK.RAW | SOCK.CLOEXEC, IPPROTO.RAW).result;
    try {
      writeOption(host, socket, SOL.SOCKET, SO.MARK, LOCK_MARK);
      if (family === AF.INET) writeOption(host, socket, SOL.IP, IP.HDRINCL, 1);
      // In the address of a raw socket, the port would be a protocol.
      const address = socketAddress(family, { ...to, port: 0 });
      host.call.sendto(socket, data(bytes), bytes.length, 0, address, address.bytes.length);
    } finally {
      host.call.close(socket);
    }
  });
}
