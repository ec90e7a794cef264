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
import { type AioRingEntry, readPageBytes } from "@restage/images";
import { AT_FDCWD, IO_EVENT_SIZE, IOCB_CMD, MAP, MREMAP, O, PAGE_SIZE, PROT } from "@restage/linux/abi";
import { openPages, readPageRuns } from "../page-content.ts";
import { RING_HEADER } from "./format.ts";

/** Requests that are submitted at once. */
const MAX_REQUESTS = 16;

/**
 * RESTORE: contexts of asynchronous I/O, at their addresses, with the events that the task has not taken yet.
 *
 * The kernel keeps its position in the ring where it cannot be set. So the task makes empty requests until the position is right. No requests are in
 * progress: CRIU waits for them before it makes a checkpoint.
 */
export function aio(): Plugin {
  return definePlugin({
    name: "aio",
    duty: "aio",
    needs: ["private-memory"],
    stages: { RESTORE: "makes contexts of asynchronous I/O with their events" },
    apply({ plan, stages }) {
      plan.tap("aio", (plan) => {
        for (const task of plan.survivors) for (const ring of task.mm.aios) checkRing(plan, task, ring);
      });
      stages.RESTORE.task.tapPromise("aio", async (task, context) => {
        if (!task.survives || task.mm.aios.length === 0) return;
        // The kernel chooses the addresses of new rings: these must stay free.
        for (const { id, ring_len } of task.mm.aios) {
          const flags = MAP.PRIVATE | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
          task.call.mmap(id, ring_len, PROT.NONE, flags, -1, 0).expect(id);
        }
        for (const ring of task.mm.aios) await restoreRing(task, ring, context);
      });
    },
  });
}

/** Where the task takes the next event, where the kernel writes the next one, and how many the ring can hold. */
interface Position {
  readonly head: number;
  readonly tail: number;
  readonly events: number;
}

/** Undefined when the images do not have it, or when it is not a valid position. */
function positionOf(images: Plan["images"], task: Task, { id, ring_len }: AioRingEntry): Position | undefined {
  const header = readPageBytes(readPageRuns(images, task), id, RING_HEADER);
  if (header === undefined) return undefined;
  const [, events = 0, head = 0, tail = 0] = new Uint32Array(header.buffer);
  if (events !== (ring_len - RING_HEADER) / IO_EVENT_SIZE || head >= events || tail >= events) return undefined;
  return { events, head, tail };
}

function checkRing(plan: Plan, task: Task, ring: AioRingEntry): void {
  const refuse = (why: string) => plan.refuse({ what: `AIO ring at ${ring.id.toString(16)}`, why, pid: task.pid });
  if (positionOf(plan.images, task, ring) === undefined) {
    refuse("its pages and the mm image contradict each other");
  }
  const least = 4 * processors(plan.host.readText("/sys/devices/system/cpu/possible") ?? "0");
  if (ring.nr_req < least)
    refuse(`it is for ${ring.nr_req} requests, and this kernel makes rings for at least ${least}`);
}

/** The number of processors in a list like `0-3,8`. */
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
  // The next calls need its address.
  await task.flush();
  const at = new DataView(made.bytes.buffer).getBigUint64(0, true);
  advance(task, at, position);
  readEvents(task, ring, at, context);
  task.call.mremap(at, ring.ring_len, ring.ring_len, MREMAP.MAYMOVE | MREMAP.FIXED, ring.id).expect(ring.id);
}

/** Makes requests and takes their events until the head is right, and then requests whose events stay. */
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

/** Reads the events into the ring. Its header belongs to the kernel. */
function readEvents(task: Task, { id, ring_len }: AioRingEntry, to: bigint, context: StageContext): void {
  const end = id + BigInt(ring_len);
  for (const run of readPageRuns(context.images, task)) {
    const runEnd = run.address + BigInt(run.pages * PAGE_SIZE);
    const from = run.address > id + BigInt(RING_HEADER) ? run.address : id + BigInt(RING_HEADER);
    const until = runEnd < end ? runEnd : end;
    if (from >= until) continue;
    const pages = openPages(task, run, context);
    const length = Number(until - from);
    const offset = (run.offset ?? 0) + Number(from - run.address);
    task.call.pread64(pages, to + from - id, length, offset).expect(length);
    task.call.close(pages);
  }
}
