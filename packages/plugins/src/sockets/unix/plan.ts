import type { Plan } from "@restage/core";
import type { UnixSkEntry } from "@restage/images";
import { S_IF, SCM, SOCK, TCP_STATE, UNIX_PATH_MAX } from "@restage/linux/abi";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { isAbstract, isBound, isExternal, nameOf, pathOf, printedName, UNIX_FLAG, type UnixGraph } from "./graph.ts";
import { readUnixTable } from "./image-table.ts";

const TYPES: ReadonlySet<number> = new Set([SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET]);

/** Refuses sockets that cannot come back, here or at all. */
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
    plan.refuse({ what, why: `its type is ${socket.type}, which is none that Unix sockets have` });
  if ((socket.uflags & UNIX_FLAG.CALLBACK) !== 0)
    plan.refuse({ what, why: "a plugin of CRIU has dumped it, and only that can restore it" });
  if ((socket.uflags & UNIX_FLAG.SERVICE) !== 0)
    plan.refuse({ what, why: "it was connected to CRIU itself (its service), which waits for no answer here" });
  const packets = graph.queueOf(socket.id);
  const unknown = packets.flatMap(({ value }) => value.scm).find(({ type }) => type !== SCM.RIGHTS);
  if (unknown !== undefined)
    plan.refuse({ what, why: `control messages of type ${unknown.type} in its queue are not restored` });
}

function checkPeer(plan: Plan, socket: UnixSkEntry, graph: UnixGraph): void {
  if (socket.peer === 0) return;
  const what = nameOf(socket);
  const peer = graph.peerOf(socket);
  if (peer === undefined) {
    plan.refuse({ what, why: `its peer, socket:[${socket.peer}], is not in the checkpoint` });
  } else if (isExternal(peer)) {
    checkExternalPeer(plan, what, peer);
  } else if (graph.otherEndOf(socket) === undefined) {
    if (peer.name.length === 0)
      plan.refuse({ what, why: `its peer, ${nameOf(peer)}, has no name to which it could connect` });
    else if (socket.type !== SOCK.DGRAM && peer.state !== TCP_STATE.LISTEN) {
      plan.refuse({ what, why: `its peer, ${nameOf(peer)}, neither listens nor is connected to it` });
    }
  }
}

function checkExternalPeer(plan: Plan, what: string, peer: UnixSkEntry): void {
  if (!plan.options.extUnixSockets) {
    const hint = "let it connect to that peer again with --ext-unix-sk, or hand over a socket for it with --inherit-fd";
    plan.refuse({ what, why: `its peer, ${nameOf(peer)}, is outside the checkpoint`, hint });
    return;
  }
  const path = pathOf(peer);
  if (path?.startsWith("/") === false) {
    const hint = "make its name an absolute path: entries.unixsk";
    plan.refuse({
      what,
      why: `the checkpoint does not say to which directory the path of its peer, ${nameOf(peer)}, is relative`,
      hint,
    });
  } else if (path === undefined ? !isAbstract(peer) : isMissing(plan, path)) {
    const hint = "start the process that it belongs to, or rewrite its name: entries.unixsk";
    plan.refuse({ what, why: `its peer outside the checkpoint, ${nameOf(peer)}, is not there`, hint });
  }
}

/** Paths in a mount namespace of the tree's own are not there yet. */
function isMissing(plan: Plan, path: string): boolean {
  return !hasOwnNamespace(plan.images, plan.tree.root, "mount") && plan.host.stat(path) === "missing";
}

function checkName(plan: Plan, socket: UnixSkEntry, taken: ReadonlyMap<string, number>): void {
  const what = nameOf(socket);
  const path = pathOf(socket);
  const rename = "rewrite its name: entries.unixsk";
  if (socket.name.length > UNIX_PATH_MAX)
    plan.refuse({ what, why: `its name has ${socket.name.length} bytes, and the most is ${UNIX_PATH_MAX}` });
  const holder = (inode: number) => plan.host.socketHolder(inode) ?? `somebody else (socket:[${inode}])`;
  if (path === undefined) {
    const inode = taken.get(printedName(socket));
    if (inode !== undefined)
      plan.refuse({ what, why: `its name is in use by ${holder(inode)}`, hint: `end that, or ${rename}` });
    return;
  }
  if (path.includes("\ufffd")) plan.refuse({ what, why: "its path is not UTF-8" });
  if (!path.startsWith("/")) {
    plan.refuse({ what, why: "the checkpoint does not say to which directory its path is relative" });
    return;
  }
  const directory = path.slice(0, path.lastIndexOf("/")) || "/";
  if (socket.deleted === true || hasOwnNamespace(plan.images, plan.tree.root, "mount")) return;
  if (plan.host.stat(directory) === "missing") {
    plan.refuse({ what, why: `the directory ${directory} is not there`, hint: `make it, or ${rename}` });
  }
  const now = plan.host.stat(path);
  if (typeof now === "string") return;
  const inode = taken.get(path) ?? taken.get(printedPath(socket));
  if ((now.mode & S_IF.MT) !== S_IF.SOCK) {
    plan.refuse({ what, why: "something that is no socket has its path", hint: `move that away, or ${rename}` });
  } else if (inode !== undefined) {
    plan.refuse({ what, why: `its path is in use by ${holder(inode)}`, hint: `end that, or ${rename}` });
  }
}

/** As it was given to bind, and as /proc/net/unix shows it: a relative path. */
function printedPath({ name }: UnixSkEntry): string {
  return new TextDecoder().decode(name).replace(/\0.*$/, "");
}
