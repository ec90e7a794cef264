import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, type InputOf, type UnixSkEntry } from "@restage/images";
import { AF, SIOCUNIXFILE, SO, SOCK, SOL, TCP_STATE } from "@restage/linux/abi";
import { NO_OWNER } from "../../files/file-owner/format.ts";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { inodeOwner } from "../../files/inode-owner.ts";
import { readOption, socketOptions } from "../socket-options/dump.ts";
import { saveQueue } from "../socket-queue/dump.ts";
import { readUnixSockets, type UnixSocket } from "./diag-table.ts";

const SHUT_BOTH = 3;
/** unix_sk_entry.uflags of a socket outside the tree. Source: CRIU criu/include/sk-unix.h. */
const EXTERNAL = 1;
const DELETED = " (deleted)";

/** Unix sockets: names, peers, what waits to be read, files in flight. */
export function unixSockets(): Plugin {
  return definePlugin({
    name: "unix-sockets",
    duty: "unix-sockets",
    dump({ describeFile, filesDescribed }) {
      let table: ReadonlyMap<number, UnixSocket> | undefined;
      const saved = new Map<number, { readonly file: OpenFile; readonly socket: UnixSocket }>();
      describeFile.tap("unix-sockets", (file, context) => {
        const { descriptor } = file;
        if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
        if (readOption(context.host, descriptor, SOL.SOCKET, SO.DOMAIN) !== AF.UNIX) return undefined;
        table ??= readUnixSockets(context);
        const socket = table.get(Number(file.stat.ino));
        if (socket === undefined) return undefined;
        saved.set(socket.ino, { file, socket });
        const entry = describeSocket(context, file, descriptor, socket, peerOf(socket, table));
        // Of a listening one it would be connections.
        if (socket.readQueue > 0 && socket.state !== TCP_STATE.LISTEN) saveQueue(context, file);
        return { type: fdTypes.UNIXSK, usk: entry };
      });
      filesDescribed.tap("unix-sockets", (_tree, context) => {
        for (const { file, socket } of saved.values()) checkPeer(context, file, socket, saved, table ?? new Map());
      });
    },
  });
}

/** A client that was not accepted yet has no peer: its way is to the listening socket. */
function peerOf({ ino, peer, type, state }: UnixSocket, table: ReadonlyMap<number, UnixSocket>): number {
  if (peer !== 0 || state !== TCP_STATE.ESTABLISHED || type === SOCK.DGRAM) return peer;
  return [...table.values()].find(({ icons }) => icons.includes(ino))?.ino ?? 0;
}

function describeSocket(
  context: DumpContext,
  file: OpenFile,
  descriptor: number,
  socket: UnixSocket,
  peer: number,
): InputOf<UnixSkEntry> {
  return {
    id: file.id,
    ino: socket.ino,
    type: socket.type,
    state: socket.state,
    flags: file.flags,
    uflags: 0,
    backlog: socket.writeQueue,
    peer,
    fown: ownerOf(file, context),
    opts: socketOptions(context.host, descriptor, AF.UNIX),
    name: socket.name,
    ns_id: file.task.ids.net_ns_id ?? 0,
    ...(socket.shutdown === 0 ? {} : { shutdown: socket.shutdown }),
    ...(socket.name.length > 0 && socket.name[0] !== 0 ? boundFile(context, file, descriptor, socket.name) : {}),
  };
}

/** The file that a socket is bound to. Requires CAP_NET_ADMIN. */
function boundFile(context: DumpContext, file: OpenFile, descriptor: number, name: Uint8Array) {
  const opened = context.host.attempt("ioctl", descriptor, SIOCUNIXFILE, 0);
  if (opened < 0) {
    const hint = "it takes CAP_NET_ADMIN and a kernel from 4.10 on";
    context.findings.refuse({
      what: file.link,
      why: "the file that it is bound to is not found",
      hint,
      pid: file.task.pid,
    });
    return {};
  }
  const link = context.host.readLink(`/proc/self/fd/${opened}`) ?? "";
  const { mode = 0 } = context.host.inode(`/proc/self/fd/${opened}`) ?? {};
  const owners = inodeOwner(`/proc/self/fd/${opened}`, context);
  context.host.call.close(opened);
  const isDeleted = link.endsWith(DELETED);
  const path = isDeleted ? link.slice(0, -DELETED.length) : link;
  const text = new TextDecoder().decode(name).replace(/\0.*$/s, "");
  // A relative name is relative to where its process was.
  const directory = text.startsWith("/") ? {} : { name_dir: path.slice(0, path.length - text.length - 1) || "/" };
  return { file_perms: { mode, ...owners }, ...(isDeleted ? { deleted: true } : {}), ...directory };
}

/** Refuses sockets that would come back without those whom they talk to. */
function checkPeer(
  context: DumpContext,
  file: OpenFile,
  socket: UnixSocket,
  saved: ReadonlyMap<number, unknown>,
  table: ReadonlyMap<number, UnixSocket>,
): void {
  const refuse = (why: string, hint?: string) =>
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
  const outside = socket.icons.filter((ino) => !saved.has(ino));
  if (outside.length > 0) refuse(`${outside.length} clients wait to be accepted that are not in the tree`);
  const peer = peerOf(socket, table);
  if (peer === 0) {
    const isConnected = socket.state === TCP_STATE.ESTABLISHED && socket.type !== SOCK.DGRAM;
    if (isConnected && socket.shutdown !== SHUT_BOTH) refuse("it is connected to nobody");
    return;
  }
  if (saved.has(peer)) return;
  const other = table.get(peer);
  if (!context.options.extUnixSockets)
    return void refuse("its peer is outside the tree", "save it without its peer by --ext-unix-sk");
  if (other === undefined || other.type !== SOCK.DGRAM || other.name.length === 0)
    return void refuse("its peer is outside the tree, and no datagram socket with a name");
  addExternal(context, file, other, saved);
}

/** The peer outside stands in the image by its name. */
function addExternal(
  context: DumpContext,
  file: OpenFile,
  { ino, type, name }: UnixSocket,
  saved: ReadonlyMap<number, unknown>,
): void {
  if (saved.has(ino)) return;
  context.files.addEntry(file.task, (id) => ({
    type: fdTypes.UNIXSK,
    usk: {
      id,
      ino,
      type,
      state: TCP_STATE.LISTEN,
      flags: 2,
      uflags: EXTERNAL,
      backlog: 0,
      peer: 0,
      fown: NO_OWNER,
      opts: {
        so_sndbuf: 0,
        so_rcvbuf: 0,
        so_snd_tmo_sec: 0n,
        so_snd_tmo_usec: 0n,
        so_rcv_tmo_sec: 0n,
        so_rcv_tmo_usec: 0n,
      },
      name,
      ns_id: file.task.ids.net_ns_id ?? 0,
    },
  }));
}
