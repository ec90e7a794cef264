import { fdTypes } from "@restage/images";
import { ownerOf } from "../../files/file-owner/dump.ts";
import type { OpenFile } from "@restage/core";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { FrozenTree } from "@restage/core";

/** A line of /proc/PID/fdinfo for each watched descriptor. Source: proc_pid_fdinfo(5). */
const WATCH =
  /^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)(?:\s+pos:\s*(\d+)\s+ino:\s*([0-9a-f]+)\s+sdev:\s*([0-9a-f]+))?/gm;

/** Epoll sets and what they watch. */
export function epolls(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "epolls",
    duty: "epolls",
    saves: [
      {
        group: "files",
        what: "epoll",
        saved: "all that its targets are saved",
        refused: "targets outside the tree",
        shownBy: ["fixture polling"],
      },
    ],
    apply({ describeFile }) {
      describeFile.tap("epolls", (file, tree) => {
        if (file.link !== "anon_inode:[eventpoll]") return undefined;
        const { id, flags } = file;
        return { type: fdTypes.EVENTPOLL, epfd: { id, flags, fown: ownerOf(file, tree), tfd: watchesOf(file, tree) } };
      });
    },
  });
}

function watchesOf(file: OpenFile, tree: FrozenTree) {
  return [...file.info.matchAll(WATCH)].flatMap(([, number, events, data, pos, ino, sdev]) => {
    const tfd = Number(number);
    const owner = ownerOfWatch(file, tfd, BigInt(`0x${ino ?? "0"}`), tree);
    if (owner === undefined) {
      const why = `it watches what was descriptor ${tfd}, which is closed or something else by now`;
      tree.findings.refuse({ what: file.link, why, pid: file.task.pid });
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

/** The watched file, when a task that has the epoll set still has it under that number. */
function ownerOfWatch(epoll: OpenFile, number: number, ino: bigint, { files }: FrozenTree): OpenFile | undefined {
  const tables = new Set(epoll.holders.map(({ task }) => task.ids.files_id));
  return files.all.find(
    ({ stat, holders }) =>
      stat.ino === ino &&
      holders.some(({ task, descriptor }) => descriptor === number && tables.has(task.ids.files_id)),
  );
}
