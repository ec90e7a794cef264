import { type DumpContext, definePlugin, giveCapability, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, type InputOf, type UnixSkEntry } from "@restage/images";
import { AF, errnoText, O, POLL, SIOCUNIXFILE, SO, SOCK, SOL, TCP_STATE } from "@restage/linux/abi";
import { NO_OWNER } from "../../files/file-owner/format.ts";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { inodeOwner } from "../../files/inode-owner.ts";
import { isReady } from "../../is-ready.ts";
import { mountOfDescriptor } from "../../namespaces/mount/mount-of.ts";
import { socketOptions } from "../socket-options/dump.ts";
import { SHUTDOWN } from "../socket-options/format.ts";
import { readOption } from "../socket-options/host-options.ts";
import { saveQueue } from "../socket-queue/dump.ts";
import { currentName } from "./current-name.ts";
import { readUnixSockets, type UnixSocket } from "./diag-table.ts";
import { pathIn, UNIX_FLAG } from "./format.ts";
import { type SavedSocket, Senders, saveSenders } from "./senders.ts";

/** The end of the link of a deleted file in /proc. */
const DELETED = " (deleted)";

/** Unix sockets: names, peers, receive queues, files in flight. */
export function unixSockets(): Plugin {
  return definePlugin({
    name: "unix-sockets",
    duty: "unix-sockets",
    phases: { inspect: "describes Unix sockets, and saves their receive queues with the files in flight" },
    dump({ describeFile, filesDescribed }) {
      let table: ReadonlyMap<number, UnixSocket> | undefined;
      const saved = new Map<number, SavedSocket>();
      describeFile.tap("unix-sockets", (file, context) => {
        const { descriptor } = file;
        if (descriptor === undefined || !file.link.startsWith("socket:")) return undefined;
        if (readOption(context.host, descriptor, SOL.SOCKET, SO.DOMAIN) !== AF.UNIX) return undefined;
        table ??= readUnixSockets(context);
        const socket = table.get(Number(file.stat.ino));
        if (socket === undefined) return undefined;
        const packets = hasPackets(context, descriptor, socket)
          ? saveQueue(context, file, descriptor, canHaveEmpty(socket))
          : [];
        saved.set(socket.ino, { file, socket, packets });
        return { type: fdTypes.UNIXSK, usk: describeSocket(context, file, descriptor, socket, peerOf(socket)) };
      });
      filesDescribed.tap("unix-sockets", (_tree, context) => {
        const senders = new Senders(saved);
        for (const socket of saved.values()) {
          checkPeer(context, socket, saved, table ?? new Map());
          saveSenders(context, socket, senders);
        }
      });
    },
  });
}

/** Whether packets wait in a socket. The bytes that the kernel counts are those of the first datagram, which can be empty. */
function hasPackets({ host }: DumpContext, descriptor: number, { readQueue, state, type }: UnixSocket): boolean {
  // The queue of a listening socket holds connections.
  if (state === TCP_STATE.LISTEN) return false;
  return readQueue > 0 || (type !== SOCK.STREAM && isReady(host, descriptor, POLL.IN));
}

/** Whether a socket can have packets without content: one that is shut down reads the same at its end. */
function canHaveEmpty({ type, shutdown }: UnixSocket): boolean {
  return type === SOCK.DGRAM || (type === SOCK.SEQPACKET && shutdown === 0);
}

/** The inode of the peer. That of a client that was not accepted yet is the listening socket. */
function peerOf({ peer, listener, type, state }: UnixSocket): number {
  return peer !== 0 || state !== TCP_STATE.ESTABLISHED || type === SOCK.DGRAM ? peer : listener;
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
    ...boundFile(context, file, descriptor, socket),
  };
}

/** Describes the file to which a socket is bound, if there is one. Requires CAP_NET_ADMIN. */
function boundFile(context: DumpContext, file: OpenFile, descriptor: number, { name }: UnixSocket) {
  const text = pathIn(name);
  if (text === undefined) return {};
  const opened = context.host.attempt("ioctl", descriptor, SIOCUNIXFILE, 0);
  if (opened < 0) {
    const hint = giveCapability("CAP_NET_ADMIN");
    const why = `the file to which it is bound cannot be found: ${errnoText(-opened)}`;
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
    return {};
  }
  const link = context.host.readLink(`/proc/self/fd/${opened}`) ?? "";
  const inode = context.host.inode(`/proc/self/fd/${opened}`);
  const owners = inodeOwner(`/proc/self/fd/${opened}`, context);
  const mount = mountOfDescriptor(opened, context);
  context.host.call.close(opened);
  const isDeleted = link.endsWith(DELETED);
  const path = isDeleted ? link.slice(0, -DELETED.length) : link;
  const isThere = (name: string) => {
    const found = context.host.inode(`${file.task.proc}/root${name}`);
    return found !== undefined && found.ino === inode?.ino && found.dev === inode.dev;
  };
  const cwd = context.host.readLink(`${file.task.proc}/cwd`) ?? "/";
  const current = currentName(text, path, cwd, isThere);
  if (current.name !== undefined && !isDeleted) {
    const why = `its file has been renamed to ${path} since it was bound: its name will be that one`;
    context.findings.warn({ what: `Unix socket ${text}`, why, pid: file.task.pid });
  }
  const file_perms = { mode: inode?.mode ?? 0, ...owners };
  return { file_perms, ...mount, ...(isDeleted ? { deleted: true } : {}), ...current };
}

/** Refuses sockets whose peer is not saved with them. */
function checkPeer(
  context: DumpContext,
  { file, socket }: SavedSocket,
  saved: ReadonlyMap<number, unknown>,
  table: ReadonlyMap<number, UnixSocket>,
): void {
  const refuse = (why: string, hint?: string) =>
    context.findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
  if (socket.listener !== 0 && socket.writeQueue > 0)
    refuse(
      "it has sent data to a socket that has not accepted it, and images cannot record it",
      "try again when it is accepted",
    );
  const outside = socket.icons.filter((ino) => !saved.has(ino));
  if (outside.length > 0) refuse(`${outside.length} clients outside the tree wait to be accepted`);
  const peer = peerOf(socket);
  if (peer === 0) {
    const isConnected = socket.state === TCP_STATE.ESTABLISHED && socket.type !== SOCK.DGRAM;
    if (isConnected && socket.shutdown !== SHUTDOWN.BOTH) refuse("its peer is gone");
    return;
  }
  if (saved.has(peer)) return;
  const other = table.get(peer);
  if (other?.type === SOCK.SEQPACKET && isOurs(context, peer)) {
    // The program has asked this process for the checkpoint.
    Object.assign(file.entry?.usk ?? {}, { peer: 0, uflags: UNIX_FLAG.SERVICE });
    return;
  }
  if (other === undefined) return void refuse("its peer is in another network namespace");
  // A restore connects to a name again, or gets another socket for this one.
  const hasName = other.type === SOCK.DGRAM && other.name.length > 0;
  const option = `unix[${socket.ino}]`;
  if (!context.options.external.includes(option) && !(hasName && context.options.extUnixSockets)) {
    const hint = `save it without its peer: ${hasName ? "--ext-unix-sk" : `--external '${option}'`}`;
    return void refuse("its peer is outside the tree", hint);
  }
  addExternal(context, file, other, saved);
}

/** Whether this process has a socket. */
function isOurs({ host }: DumpContext, inode: number): boolean {
  const numbers = host.list("/proc/self/fd") ?? [];
  return numbers.some((number) => host.readLink(`/proc/self/fd/${number}`) === `socket:[${inode}]`);
}

/** Adds an entry for a peer outside the tree: a restore connects to its name. */
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
      flags: O.RDWR,
      uflags: UNIX_FLAG.EXTERNAL,
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
