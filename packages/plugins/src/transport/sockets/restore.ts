import {
  data,
  definePlugin,
  loaded,
  output,
  type Plugin,
  type StageContext,
  type Task,
  type Value,
} from "@restage/core";
import type { Data } from "@restage/linux";
import { AF, CMSG_HEADER_SIZE, MSG, O, SOCK } from "@restage/linux/abi";
import { FilePassings } from "../file-passings.ts";
import { messageHeader, rights, roomForRights } from "../rights.ts";
import { type Passing, Transport } from "../transport.ts";

/** SCM_MAX_FD: the most descriptors in one message. */
const MAX_DESCRIPTORS = 253;

/**
 * FORKING: every task that passes or receives files opens its socket. RESTORE: tasks pass files with SCM_RIGHTS, many in a message. Each message has the
 * ids of its files, because messages arrive in any order.
 *
 * A queue holds as few as 10 messages (net.unix.max_dgram_qlen), so a sender may have to wait for the receiver. There is no deadlock: tasks pass files
 * only to later tasks, and the last task only receives.
 */
export function transportSockets(): Plugin {
  return definePlugin({
    name: "transport-sockets",
    duty: "transport",
    provides: [Transport],
    uses: [FilePassings],
    stages: {
      FORKING: "tasks that pass or receive files open their transport sockets",
      RESTORE: "tasks pass each other shared files with SCM_RIGHTS",
    },
    apply({ stages, provide, service }) {
      stages.FORKING.task.tap("transport", (task, context) => {
        if (!service(FilePassings).passings.has(task)) return;
        const number = context.serviceDescriptors.number("transport");
        const { name, length } = socketName(context, task);
        const socket = task.call.socket(AF.UNIX, SOCK.DGRAM | O.CLOEXEC, 0);
        task.call.bind(socket, name, length).hint("another restore with the same run id uses this abstract name");
        task.place(socket, number, { cloexec: true });
      });
      provide(Transport, { exchange });
    },
  });
}

async function exchange(
  context: StageContext,
  task: Task,
  open: ReadonlyMap<number, Value>,
  outgoing: readonly Passing[],
  incoming: readonly Passing[],
): Promise<ReadonlyMap<number, Value>> {
  const socket = context.serviceDescriptors.number("transport");
  for (const { to, ids } of outgoing) for (const part of chunks(ids)) send(context, task, socket, to, part, open);
  const messages = incoming.flatMap(({ ids }) => chunks(ids));
  const most = Math.max(0, ...messages.map((ids) => ids.length));
  const rooms = messages.map(() => receive(task, socket, most));
  const received = new Map<number, Value>();
  // The messages of one sender arrive in order, so their files are known in advance.
  if (incoming.length <= 1) {
    for (const [index, ids] of messages.entries()) expectMessage(ids, rooms[index]?.control, received);
  } else {
    await task.flush();
    for (const { payload, control } of rooms) takeMessage(payload, control, received);
  }
  return received;
}

function send(
  context: StageContext,
  task: Task,
  socket: number,
  to: Task,
  ids: readonly number[],
  open: ReadonlyMap<number, Value>,
): void {
  const { name, length } = socketName(context, to);
  const payload = data(new Uint8Array(Uint32Array.of(ids.length, ...ids).buffer));
  const control = rights(ids.map((id) => open.get(id) ?? -1));
  task.call.sendmsg(socket, messageHeader(name, length, payload, control), 0).expect(payload.bytes.length);
}

function receive(task: Task, socket: number, most: number): { readonly payload: Data; readonly control: Data } {
  const payload = output(4 + 4 * most);
  const control = roomForRights(most);
  task.call.recvmsg(socket, messageHeader(undefined, 0, payload, control), MSG.CMSG_CLOEXEC);
  return { payload, control };
}

/** The descriptors that a message will contain, and the invalid -1 in unused elements. */
function expectMessage(ids: readonly number[], control: Data | undefined, into: Map<number, Value>): void {
  if (control === undefined) return;
  control.bytes.fill(0xff);
  for (const [index, id] of ids.entries()) into.set(id, loaded(control, CMSG_HEADER_SIZE + 4 * index, 4));
}

/** Reads the ids and descriptors of a received message. */
function takeMessage(payload: Data, control: Data, into: Map<number, Value>): void {
  const ids = new DataView(payload.bytes.buffer);
  const rights = new DataView(control.bytes.buffer);
  const count = ids.getUint32(0, true);
  const got = (Number(rights.getBigUint64(0, true)) - CMSG_HEADER_SIZE) / 4;
  if (got !== count)
    throw new Error(
      `Cannot receive ${count} descriptors: only ${got} arrived, because the limit of open files is too low`,
    );
  for (let n = 0; n < count; n++)
    into.set(ids.getUint32(4 + 4 * n, true), rights.getInt32(CMSG_HEADER_SIZE + 4 * n, true));
}

/** struct sockaddr_un with an abstract name of this restore. */
function socketName(context: StageContext, task: Task): { readonly name: Data; readonly length: number } {
  const name = new TextEncoder().encode(`\0restage-${context.host.runId}-${task.pid}`);
  const bytes = new Uint8Array(2 + name.length);
  new DataView(bytes.buffer).setUint16(0, AF.UNIX, true);
  bytes.set(name, 2);
  return { name: data(bytes), length: bytes.length };
}

function chunks(ids: readonly number[]): (readonly number[])[] {
  const parts: (readonly number[])[] = [];
  for (let at = 0; at < ids.length; at += MAX_DESCRIPTORS) parts.push(ids.slice(at, at + MAX_DESCRIPTORS));
  return parts;
}
