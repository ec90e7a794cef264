import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/owner-of.ts";

/** A line of /proc/PID/fdinfo for each watched descriptor. Source: proc_pid_fdinfo(5). */
const WATCH =
  /^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)(?:\s+pos:\s*(\d+)\s+ino:\s*([0-9a-f]+)\s+sdev:\s*([0-9a-f]+))?/gm;

/** Saves epoll sets and the descriptors that they watch. */
export function epolls(): Plugin {
  return definePlugin({
    name: "epolls",
    duty: "epolls",
    phases: { inspect: "describes epoll sets" },
    dump({ describeFile }) {
      describeFile.tap("epolls", (file, context) => {
        if (file.link !== "anon_inode:[eventpoll]") return undefined;
        const { id, flags } = file;
        return {
          type: fdTypes.EVENTPOLL,
          epfd: { id, flags, fown: ownerOf(file, context), tfd: watchesOf(file, context) },
        };
      });
    },
  });
}

function watchesOf(file: OpenFile, context: DumpContext) {
  return [...file.info.matchAll(WATCH)].flatMap(([, number, events, data, pos, ino, sdev]) => {
    const tfd = Number(number);
    const owner = ownerOfWatch(file, tfd, BigInt(`0x${ino ?? "0"}`), context);
    if (owner === undefined) {
      const why = `it watches a file that was descriptor ${tfd}, which is closed now or another file`;
      context.findings.refuse({ what: file.link, why, pid: file.task.pid });
      return [];
    }
    return [
      {
        id: file.id,
        tfd,
        events: Number.parseInt(events ?? "0", 16),
        data: BigInt(`0x${data}`),
        dev: Number.parseInt(sdev ?? "0", 16),
        inode: BigInt(`0x${ino ?? "0"}`),
        pos: BigInt(pos ?? 0),
      },
    ];
  });
}

/** The watched file, if a task that has the epoll set, or the socket in whose queue it is, still has the file under that number. */
function ownerOfWatch(epoll: OpenFile, number: number, ino: bigint, { files }: DumpContext): OpenFile | undefined {
  const tasks = epoll.holders.length > 0 ? epoll.holders.map(({ task }) => task) : [epoll.task];
  const tables = new Set(tasks.map(({ ids }) => ids.files_id));
  return files.all.find(
    ({ stat, holders }) =>
      stat.ino === ino &&
      holders.some(({ task, descriptor }) => descriptor === number && tables.has(task.ids.files_id)),
  );
}
