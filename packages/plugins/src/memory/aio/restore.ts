import {
  addressOf,
  data,
  definePlugin,
  output,
  type Plan,
  type Plugin,
  type StageContext,
  struct,
  type Task,
  words,
} from "@restage/core";
import type { AioRingEntry } from "@restage/images";
import { AT_FDCWD, IO_EVENT_SIZE, IOCB_CMD, MAP, MREMAP, O, PAGE_SIZE, PROT } from "@restage/linux/abi";
import { openPages, readPageRuns } from "../page-content.ts";
import { readBytes } from "../read-pages.ts";

/** Bytes of struct aio_ring before its events. Source: fs/aio.c. */
const HEADER = 32;

/** Requests that are submitted at once. */
const MAX_REQUESTS = 16;

/**
 * RESTORE: contexts of asynchronous I/O, at their addresses, with the events that nobody has taken yet.
 *
 * The kernel has its own idea of where in its ring it is, which nobody can set: so as many requests are made, of nothing, as it takes to
 * be there. Requests that were under way are none of ours: CRIU makes no checkpoint of them.
 */
export function aio(): Plugin {
  return definePlugin({
    name: "aio",
    duty: "aio",
    needs: ["private-memory"],
    stages: { RESTORE: "contexts of asynchronous I/O, with their events" },
    apply({ plan, stages }) {
      let context: StageContext | undefined;
      plan.tap("aio", (plan) => {
        for (const task of plan.survivors) for (const ring of task.mm.aios) checkRing(plan, task, ring);
      });
      stages.RESTORE.enter.tap("aio", (stage) => {
        context = stage;
      });
      stages.RESTORE.task.tapPromise("aio", async (task) => {
        if (!task.survives || context === undefined || task.mm.aios.length === 0) return;
        // The kernel puts new rings where it likes, but not there.
        for (const { id, ring_len } of task.mm.aios) {
          const flags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
          task.call.mmap(id, ring_len, PROT.NONE, flags, -1, 0).expect(id);
        }
        for (const ring of task.mm.aios) await restoreRing(task, ring, context);
      });
    },
  });
}

/** Where the kernel writes the next event and where the task takes the next one, and how many there can be. */
interface Position {
  readonly head: number;
  readonly tail: number;
  readonly events: number;
}

/** Undefined when the image does not have it, or it makes no sense. */
function positionOf(images: Plan["images"], task: Task, { id, ring_len }: AioRingEntry): Position | undefined {
  const header = readBytes(readPageRuns(images, task), id, HEADER);
  if (header === undefined) return undefined;
  const [, events = 0, head = 0, tail = 0] = new Uint32Array(header.buffer);
  if (events !== (ring_len - HEADER) / IO_EVENT_SIZE || head >= events || tail >= events) return undefined;
  return { events, head, tail };
}

function checkRing(plan: Plan, task: Task, ring: AioRingEntry): void {
  const refuse = (why: string) => plan.refuse({ what: `AIO ring at ${ring.id.toString(16)}`, why, pid: task.pid });
  if (positionOf(plan.images, task, ring) === undefined) {
    refuse("its pages and the mm image contradict each other");
  }
  const least = 4 * processors(plan.host.readText("/sys/devices/system/cpu/possible") ?? "0");
  if (ring.nr_req < least)
    refuse(`it has room for ${ring.nr_req} requests, and this kernel makes none for less than ${least}`);
}

/** How many there are in a list like `0-3,8`. */
function processors(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return sum + (last ?? 0) - (first ?? 0) + 1;
  }, 0);
}

async function restoreRing(task: Task, ring: AioRingEntry, context: StageContext): Promise<void> {
  const position = positionOf(context.images, task, ring);
  if (position === undefined) return;
  const made = output(8);
  task.call.io_setup(ring.nr_req, made).hint("/proc/sys/fs/aio-max-nr limits the requests of all contexts");
  // Where it is has to be known for what is in it.
  await task.flush();
  const at = new DataView(made.bytes.buffer).getBigUint64(0, true);
  advance(task, at, position);
  readEvents(task, ring, at, context);
  task.call.mremap(at, ring.ring_len, ring.ring_len, MREMAP.MAYMOVE | MREMAP.FIXED, ring.id).expect(ring.id);
}

/** Requests whose events are taken, until the head is where it was; and requests whose events stay. */
function advance(task: Task, context: bigint, { head, tail, events }: Position): void {
  if (head === 0 && tail === 0) return;
  const file = task.call.openat(AT_FDCWD, "/dev/null", O.WRONLY | O.CLOEXEC, 0);
  const request = struct(
    [8, 0],
    [8, 0],
    [4, IOCB_CMD.PWRITE],
    [4, file],
    [8, addressOf(data(new Uint8Array(1)))],
    [8, 1],
    [8, 0],
    [8, 0],
    [8, 0],
  );
  const requests = words(...Array.from({ length: MAX_REQUESTS }, () => addressOf(request)));
  const taken = output(MAX_REQUESTS * IO_EVENT_SIZE);
  const submit = (count: number, take: boolean) => {
    for (let done = 0; done < count; done += MAX_REQUESTS) {
      const part = Math.min(count - done, MAX_REQUESTS);
      task.call.io_submit(context, part, requests).expect(part);
      if (take) task.call.io_getevents(context, part, part, taken, 0).expect(part);
    }
  };
  submit(head, true);
  submit((tail - head + events) % events, false);
  task.call.close(file);
}

/** The events of the ring; its header is the kernel's. */
function readEvents(task: Task, { id, ring_len }: AioRingEntry, to: bigint, context: StageContext): void {
  const end = id + BigInt(ring_len);
  for (const run of readPageRuns(context.images, task)) {
    const runEnd = run.address + BigInt(run.pages * PAGE_SIZE);
    const from = run.address > id + BigInt(HEADER) ? run.address : id + BigInt(HEADER);
    const until = runEnd < end ? runEnd : end;
    if (from >= until) continue;
    const pages = openPages(task, run, context);
    const length = Number(until - from);
    const offset = (run.offset ?? 0) + Number(from - run.address);
    task.call.pread64(pages, to + from - id, length, offset).expect(length);
    task.call.close(pages);
  }
}
