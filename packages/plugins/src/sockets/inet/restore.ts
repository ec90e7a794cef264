import { definePlugin, type ImageSet, type OpenedFiles, type Plugin, type Task, type Value } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { IPPROTO, SO, SOCK, SOL, TCP_STATE } from "@restage/linux/abi";
import { setOption, shutDown } from "../socket-options/restore.ts";
import { isAnyAddress } from "./addresses.ts";
import { bindInetSocket, portHint, prepareInetSocket, setReuse } from "./binding.ts";
import { MPTCP_HINT, planMptcp } from "./mptcp.ts";
import { setInetOptions } from "./options.ts";
import { checkInetSockets } from "./plan.ts";
import { isConnection, portName, SharedPorts } from "./ports.ts";
import { socketAddress } from "./socket-address.ts";

/**
 * RESTORE: internet sockets except TCP connections: listening, bound and new sockets, UDP, raw. One task opens all sockets that share a port,
 * and keeps SO_REUSEADDR set on them until the last one is bound.
 *
 * Requires CAP_NET_ADMIN for buffer sizes and marks, CAP_NET_RAW for raw sockets, CAP_NET_BIND_SERVICE for low ports.
 */
export function inetSockets(): Plugin {
  return definePlugin({
    name: "inet-sockets",
    duty: "inet-sockets",
    stages: { RESTORE: "opens internet sockets: listening, bound, UDP, raw" },
    apply({ plan, openFile, fileGroup, filesOpened }) {
      let ports: SharedPorts | undefined;
      let hasMptcp = true;
      const portsOf = (images: ImageSet) => (ports ??= new SharedPorts(images));
      plan.tap("inet-sockets", (plan) => {
        checkInetSockets(plan);
        hasMptcp = planMptcp(plan);
      });
      fileGroup.for("INETSK").tap("inet-sockets", ({ isk }) => {
        return isk === undefined || isConnection(isk) ? undefined : portName(isk);
      });
      openFile.for("INETSK").tap("inet-sockets", ({ task, entry, images }) => {
        const { isk } = entry;
        if (isk === undefined || isConnection(isk)) return undefined;
        const own = hasMptcp ? images.own.file(isk.id)?.protocol : undefined;
        return openSocket(task, isk, own ?? isk.proto, images, portsOf(images));
      });
      filesOpened.tap("inet-sockets", (files) => finishSharedPorts(files, portsOf(files.images)));
    },
  });
}

function openSocket(task: Task, entry: InetSkEntry, protocol: number, images: ImageSet, ports: SharedPorts): Value {
  const { family, type, proto } = entry;
  const socket = task.call.socket(family, type | SOCK.CLOEXEC, protocol);
  if (protocol === IPPROTO.MPTCP) socket.hint(MPTCP_HINT);
  prepareInetSocket(task, socket, entry, images);
  const shared = ports.isShared(entry);
  const isTcp = proto === IPPROTO.TCP && type === SOCK.STREAM;
  // For TCP also because earlier connections of the port may still be in TIME_WAIT.
  if (shared || isTcp || entry.opts.reuseaddr === true) setOption(task, socket, SOL.SOCKET, SO.REUSEADDR, true);
  if (ports.mayReusePort(entry)) setOption(task, socket, SOL.SOCKET, SO.REUSEPORT, true);
  bindInetSocket(task, socket, entry);
  if (entry.state === TCP_STATE.LISTEN) task.call.listen(socket, entry.backlog).hint(portHint(entry));
  if (!shared) setReuse(task, socket, entry);
  connectDatagrams(task, socket, entry);
  setInetOptions(task, socket, entry, protocol);
  // On a socket that was never connected this fails with ENOTCONN, and still takes effect.
  shutDown(task, socket, entry.shutdown)?.allow("ENOTCONN");
  return socket;
}

function connectDatagrams(task: Task, socket: Value, { family, dst_port, dst_addr }: InetSkEntry): void {
  if (dst_port === 0 && isAnyAddress(dst_addr)) return;
  const address = socketAddress(family, { port: dst_port, words: dst_addr });
  task.call
    .connect(socket, address, address.bytes.length)
    .hint("this machine has no route to the peer of the socket: bring up the network first");
}

/** Gives each socket of a shared port its recorded SO_REUSEADDR and SO_REUSEPORT, now that all are bound. */
function finishSharedPorts({ task, descriptors, images }: OpenedFiles, ports: SharedPorts): void {
  for (const [id, socket] of descriptors) {
    const { isk } = images.file(id, "a task");
    if (isk !== undefined && !isConnection(isk) && ports.isShared(isk)) setReuse(task, socket, isk);
  }
}
