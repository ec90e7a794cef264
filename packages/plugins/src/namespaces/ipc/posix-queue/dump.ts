import type { DumpContext } from "@restage/core";
import type { OwnQueueEntry } from "@restage/images";
import { AT_FDCWD, FSCONFIG_CMD_CREATE, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MQ_ATTR, O } from "@restage/linux/abi";
import { room } from "../../../room.ts";
import { idsInside } from "../../user/ids-inside.ts";

/** A POSIX message queue, and how many messages wait in it. */
export interface Queue {
  readonly entry: OwnQueueEntry;
  readonly waiting: number;
}

/** Reads all POSIX message queues of the IPC namespace of this thread. Its file system need not be mounted anywhere. Source: mq_overview(7). */
export function readQueues(context: DumpContext): readonly Queue[] {
  const { host } = context;
  const { call } = host;
  const fileSystem = call.fsopen("mqueue", FSOPEN_CLOEXEC).result;
  call.fsconfig(fileSystem, FSCONFIG_CMD_CREATE, 0, 0, 0);
  const directory = call.fsmount(fileSystem, FSMOUNT_CLOEXEC, 0).result;
  call.close(fileSystem);
  try {
    const path = `/proc/self/fd/${directory}`;
    return (host.list(path) ?? []).map((name) => readQueue(`${path}/${name}`, name, context));
  } finally {
    call.close(directory);
  }
}

function readQueue(path: string, name: string, context: DumpContext): Queue {
  const { host } = context;
  const { data, view } = room(MQ_ATTR.size);
  const queue = host.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC, 0).result;
  try {
    host.call.mq_getsetattr(queue, 0, data);
  } finally {
    host.call.close(queue);
  }
  const number = (offset: number) => Number(view.getBigInt64(offset, true));
  const { uid = 0, gid = 0, mode = 0 } = host.inode(path) ?? {};
  const ids = idsInside(context);
  const entry = {
    name,
    uid: ids.uid(uid),
    gid: ids.gid(gid),
    mode: mode & 0o7777,
    messages: number(MQ_ATTR.maxmsg),
    message_size: number(MQ_ATTR.msgsize),
  };
  return { entry, waiting: number(MQ_ATTR.curmsgs) };
}

/** Refuses queues with messages, unless the user agrees that these are lost: only a receiver sees a message, and takes it out of the queue. */
export function checkQueues(queues: readonly Queue[], { findings }: DumpContext): void {
  for (const { entry, waiting } of queues) {
    if (waiting === 0) continue;
    const why = `${waiting} ${waiting === 1 ? "message waits" : "messages wait"} in it, which only a receiver can read`;
    findings.lose("messages", { what: `POSIX message queue /${entry.name}`, why });
  }
}
