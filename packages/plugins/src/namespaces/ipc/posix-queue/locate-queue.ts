import type { DumpContext, OpenFile } from "@restage/core";
import type { InputOf, RegFileEntry } from "@restage/images";
import { MQUEUE_MAGIC } from "@restage/linux/abi";
import { fileSystemOf } from "../../../file-system-of.ts";
import { isDeletedName, nameBeforeDeletion } from "../../../files/deleted-name.ts";
import { kernelDevice } from "../../../files/device-number.ts";
import { procsOfMounts } from "../../mount/mount-of.ts";
import { readMountinfo } from "../../mount/mountinfo.ts";
import { ownNamespace } from "../../own-namespaces.ts";

/** The size of each queue as a file. Source: FILENT_SIZE of ipc/mqueue.c. */
const SIZE = 80n;

type Location = Pick<InputOf<RegFileEntry>, "name" | "mnt_id">;

/**
 * How a restore opens a POSIX message queue again: at a mount of its file system, because mq_open(3) has opened it at one that only the kernel sees.
 * Refuses a queue that cannot be found so, and a process that waits for a notification (mq_notify).
 *
 * @returns undefined for any other file.
 */
export function locateQueue(file: OpenFile, context: DumpContext): Location | undefined {
  const { host, findings, tree } = context;
  if (file.stat.size !== SIZE || fileSystemOf(host, file.proc)?.magic !== BigInt(MQUEUE_MAGIC)) return undefined;
  const name = nameBeforeDeletion(file.link.slice(file.link.lastIndexOf("/")));
  const refuse = (why: string, hint?: string) =>
    findings.refuse({ what: `POSIX message queue ${name}`, why, hint, pid: file.task.pid });
  const notified = Number(/NOTIFY_PID:(\d+)/.exec(host.readText(file.proc) ?? "")?.[1] ?? 0);
  if (tree.tasks.some(({ hostPid }) => hostPid === notified))
    refuse("a process waits for a notification of it (mq_notify), and the kernel does not tell for which");
  const found = find(file, name, context);
  if (found !== undefined) return found;
  if (isDeletedName(file.link) || file.stat.nlink === 0) refuse("it has been removed (mq_unlink)");
  else refuse("no mount of the tree shows it", "mount its file system: mount -t mqueue none /dev/mqueue");
  return { name };
}

function find({ stat }: OpenFile, name: string, context: DumpContext): Location | undefined {
  const { host } = context;
  const isOwn = ownNamespace(context, "mount") !== undefined;
  for (const proc of procsOfMounts(context)) {
    for (const { id, device, mountPoint } of readMountinfo(host, proc)) {
      if (device !== kernelDevice(stat.dev)) continue;
      const path = mountPoint + name;
      const inode = host.inode(`${proc}/root${path}`);
      if (inode?.dev === stat.dev && inode.ino === stat.ino) return isOwn ? { name: path, mnt_id: id } : { name: path };
    }
  }
  return undefined;
}
