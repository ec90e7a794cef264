import { type DumpContext, definePlugin, type OpenFile, type Plugin, struct } from "@restage/core";
import { fdTypes } from "@restage/images";
import { KCMP } from "@restage/linux/abi";
import { ownerOf } from "../../files/file-owner/owner-of.ts";
import { saveBusyPoll } from "./busy-poll.ts";

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
        saveBusyPoll(file, context);
        return {
          type: fdTypes.EVENTPOLL,
          epfd: { id, flags, fown: ownerOf(file, context), tfd: watchesOf(file, context) },
        };
      });
    },
  });
}

/** A watched descriptor, as /proc shows it. */
interface Watch {
  readonly number: number;
  /** Its place among the watches with that number. */
  readonly index: number;
  readonly events: number;
  readonly data: bigint;
  readonly pos: bigint;
  readonly inode: bigint;
  readonly device: number;
}

function watchesOf(set: OpenFile, context: DumpContext) {
  return parseWatches(set.info).flatMap((watch, place) => {
    const target = findTarget(set, watch, context);
    const tfd = target === undefined ? undefined : numberOf(target, set, watch.number);
    if (target === undefined || tfd === undefined) {
      const why = `it watches a file that was descriptor ${watch.number}, and no task with the set has the file open`;
      context.findings.refuse({ what: set.link, why, pid: set.task.pid });
      return [];
    }
    // CRIU restores the watch under a number that the file has. Restage restores the number too.
    if (tfd !== watch.number) {
      const own = context.own.file(set.id);
      own.watches = [...(own.watches ?? []), { place, number: watch.number }];
    }
    const { events, data, pos, inode, device: dev } = watch;
    return [{ id: set.id, tfd, events, data, dev, inode, pos }];
  });
}

function parseWatches(info: string): readonly Watch[] {
  const seen = new Map<number, number>();
  return [...info.matchAll(WATCH)].map(([, tfd, events = "0", data, pos, ino = "0", sdev = "0"]) => {
    const number = Number(tfd);
    const index = seen.get(number) ?? 0;
    seen.set(number, index + 1);
    return {
      number,
      index,
      events: Number.parseInt(events, 16),
      data: BigInt(`0x${data}`),
      pos: BigInt(pos ?? 0),
      inode: BigInt(`0x${ino}`),
      device: Number.parseInt(sdev, 16),
    };
  });
}

/** The watched file. The number under which it was added can have been closed since, and reused for another file. */
function findTarget(
  set: OpenFile,
  { number, index, inode }: Watch,
  { files, host }: DumpContext,
): OpenFile | undefined {
  const alike = files.all.filter(({ stat, descriptor }) => stat.ino === inode && descriptor !== undefined);
  const has = ({ holders }: OpenFile) => holders.some(({ descriptor }) => descriptor === number);
  const likely = [...alike.filter(has), ...alike.filter((file) => !has(file))];
  const { pid } = host;
  // struct kcmp_epoll_slot
  const slot = struct([4, set.descriptor ?? -1], [4, number], [4, index]);
  return likely.find(({ descriptor = -1 }) => host.attempt("kcmp", pid, pid, KCMP.EPOLL_TFD, descriptor, slot) === 0);
}

/** A number of the watched file in a task that has the set, or the socket in whose queue it is: the one under which it was added, if it still has that. */
function numberOf(target: OpenFile, set: OpenFile, number: number): number | undefined {
  const tasks = set.holders.length > 0 ? set.holders.map(({ task }) => task) : [set.task];
  const tables = new Set(tasks.map(({ ids }) => ids.files_id));
  const numbers = target.holders.flatMap(({ task, descriptor }) => (tables.has(task.ids.files_id) ? [descriptor] : []));
  return numbers.find((each) => each === number) ?? numbers[0];
}
