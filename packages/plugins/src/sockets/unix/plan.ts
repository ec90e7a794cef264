import type { Plan } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { S_IF, SCM, SOCK, TCP_STATE, UNIX_PATH_MAX } from "@restage/linux/abi";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { isAbstract, pathIn, UNIX_FLAG } from "./format.ts";
import { isBound, isExternal, nameOf, pathOf, printedName, type UnixGraph } from "./graph.ts";
import { readUnixTable } from "./proc-table.ts";

const TYPES: ReadonlySet<number> = new Set([SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]);

/** Refuses sockets that cannot be restored, on this machine or at all. */
export function checkUnixSockets(plan: Plan, graph: UnixGraph, isOurs: (socket: UnixSkEntry) => boolean): void {
  const sockets = graph.sockets.filter(isOurs);
  if (sockets.length === 0) return;
  const taken = readUnixTable(plan);
  for (const socket of sockets) {
    checkKind(plan, socket, graph);
    checkPeer(plan, socket, graph);
    if (isBound(socket)) checkName(plan, socket, taken);
  }
}

function checkKind(plan: Plan, socket: UnixSkEntry, graph: UnixGraph): void {
  const what = nameOf(socket);
  if (!TYPES.has(socket.type))
    plan.refuse({ what, why: `its type is ${socket.type}, and Unix sockets have no such type` });
  if ((socket.uflags & UNIX_FLAG.CALLBACK) !== 0)
    plan.refuse({ what, why: "it was dumped by a CRIU plugin, and only that plugin can restore it" });
  const packets = graph.queueOf(socket.id);
  const unknown = packets.flatMap(({ value }) => value.scm).find(({ type }) => type !== SCM.RIGHTS);
  if (unknown !== undefined)
    plan.refuse({
      what,
      why: `Restage does not restore control messages of type ${unknown.type}, which are in its queue`,
    });
}

function checkPeer(plan: Plan, socket: UnixSkEntry, graph: UnixGraph): void {
  if (socket.peer === 0) return;
  const what = nameOf(socket);
  const peer = graph.peerOf(socket);
  if (peer === undefined) {
    plan.refuse({ what, why: `its peer, socket:[${socket.peer}], is not in the images` });
  } else if (isExternal(peer)) {
    checkExternalPeer(plan, what, peer);
  } else if (graph.otherEndOf(socket) === undefined) {
    if (peer.name.length === 0) plan.refuse({ what, why: `its peer, ${nameOf(peer)}, has no name to connect to` });
    else if (socket.type !== SOCK.DGRAM && peer.state !== TCP_STATE.LISTEN) {
      plan.refuse({ what, why: `its peer, ${nameOf(peer)}, neither listens nor is connected to it` });
    }
  }
}

function checkExternalPeer(plan: Plan, what: string, peer: UnixSkEntry): void {
  if (!plan.options.extUnixSockets) {
    const hint = "connect it to that peer again with --ext-unix-sk, or pass another socket for it with --inherit-fd";
    plan.refuse({ what, why: `its peer, ${nameOf(peer)}, is outside the tree`, hint, remedy: "options" });
    return;
  }
  const path = pathOf(peer);
  if (path?.startsWith("/") === false) {
    const hint = "rewrite its name to an absolute path with the hook entries.unixsk";
    plan.refuse({
      what,
      why: `its peer, ${nameOf(peer)}, has a relative path, and the images do not record the directory`,
      hint,
    });
  } else if (path === undefined ? !isAbstract(peer) : isMissing(plan, path)) {
    const hint = "start the process that owns it, or rewrite its name with the hook entries.unixsk";
    plan.refuse({ what, why: `its peer outside the tree, ${nameOf(peer)}, does not exist`, hint, remedy: "machine" });
  }
}

/** Whether a path is missing. In a mount namespace of the tree no path exists yet. */
function isMissing(plan: Plan, path: string): boolean {
  return !hasOwnNamespace(plan.images, plan.tree.root, "mount") && plan.host.stat(path) === "missing";
}

function checkName(plan: Plan, socket: UnixSkEntry, taken: ReadonlyMap<string, number>): void {
  const what = nameOf(socket);
  const path = pathOf(socket);
  const rename = "rewrite its name with the hook entries.unixsk";
  if (socket.name.length > UNIX_PATH_MAX)
    plan.refuse({ what, why: `its name has ${socket.name.length} bytes, more than ${UNIX_PATH_MAX}` });
  const holder = (inode: number) => plan.host.socketHolder(inode) ?? `another process (socket:[${inode}])`;
  if (path === undefined) {
    const inode = taken.get(printedName(socket));
    if (inode !== undefined)
      plan.refuse({
        what,
        why: `its name is in use by ${holder(inode)}`,
        hint: `end that process, or ${rename}`,
        remedy: "machine",
      });
    return;
  }
  if (!path.startsWith("/")) {
    plan.refuse({ what, why: "its path is relative, and the images do not record the directory" });
    return;
  }
  const directory = path.slice(0, path.lastIndexOf("/")) || "/";
  if (socket.deleted === true || hasOwnNamespace(plan.images, plan.tree.root, "mount")) return;
  if (plan.host.stat(directory) === "missing") {
    plan.refuse({
      what,
      why: `the directory ${directory} does not exist`,
      hint: `create it, or ${rename}`,
      remedy: "machine",
    });
  }
  const now = plan.host.stat(path);
  if (typeof now === "string") return;
  const inode = taken.get(path) ?? taken.get(pathIn(socket.name) ?? "");
  if ((now.mode & S_IF.MT) !== S_IF.SOCK) {
    plan.refuse({
      what,
      why: "its path belongs to a file that is not a socket",
      hint: `move that file, or ${rename}`,
      remedy: "machine",
    });
  } else if (inode !== undefined) {
    plan.refuse({
      what,
      why: `its path is in use by ${holder(inode)}`,
      hint: `end that process, or ${rename}`,
      remedy: "machine",
    });
  }
}
