import { definePlugin, type Plugin, type StageContext, type Task, type Value } from "@restage/core";
import type { MemfdFileEntry } from "@restage/images";
import { F, MAP, MFD, O, PAGE_SIZE, PROT, S_IF, SEEK, SETTABLE_FLAGS } from "@restage/linux/abi";
import { keepProc } from "../../files/location.ts";
import { OpenFiles } from "../../files/open-files.ts";
import { alignUp, HUGE_PAGES_HINT, hugePageSize } from "../huge-pages.ts";
import { fillPages, MAX_BYTES, openPages, placeAt } from "../page-content.ts";
import { findSegments, type Segment, Segments } from "../segments.ts";

/**
 * Memfds, open or mapped, and shared anonymous memory.
 *
 * FORKING: the root task makes them with their content. All tasks inherit the descriptors under the same numbers, and each maps them when it maps its
 * memory. RESTORE_SIGCHLD: seals, after everything is mapped.
 */
export function memfds(): Plugin {
  return definePlugin({
    name: "memfds",
    duty: "memfds",
    uses: [OpenFiles],
    provides: [Segments],
    stages: {
      FORKING: "the root task makes memfds and other shared memory, with their content",
      RESTORE: "opens memfds as files",
      RESTORE_SIGCHLD: "seals memfds",
    },
    apply({ plan, stages, openFile, service, provide }) {
      let segments: readonly Segment[] = [];
      provide(Segments, {
        get all() {
          return segments;
        },
      });
      plan.tap("memfds", (plan) => {
        segments = findSegments(plan);
        const opened = segments.flatMap(({ files, number }) => files.map((id) => ({ id, number })));
        if (opened.length === 0) return;
        const proc = keepProc(plan);
        for (const { id, number } of opened) service(OpenFiles).substitute(id, proc(`self/fd/${number}`));
      });
      stages.FORKING.task.tap("memfds", (task, context) => {
        if (task !== context.tree.root) return;
        for (const segment of segments) make(task, segment, context);
      });
      openFile.for("MEMFD").tap("memfds", ({ task, entry: { memfd } }) => {
        if (memfd === undefined) return undefined;
        const descriptor = open(task, memfd, service(OpenFiles), segments);
        task.call.lseek(descriptor, memfd.pos, SEEK.SET).expect(memfd.pos);
        return descriptor;
      });
      stages.RESTORE_SIGCHLD.task.tap("memfds", (task, { tree }) => {
        if (task !== tree.root) return;
        for (const { number, seals } of segments) if (seals !== 0) task.call.fcntl(number, F.ADD_SEALS, seals);
      });
    },
  });
}

/**
 * Opens a memfd. The first file that can be read and written is the one that made it: others count as writers, and a memfd with a writer cannot be the
 * program of a task.
 */
function open(task: Task, { id, flags }: MemfdFileEntry, files: OpenFiles, segments: readonly Segment[]): Value {
  const segment = segments.find(({ maker }) => maker === id);
  if (segment === undefined) return task.call.openat(...files.locate(task, id, "files.img"), flags | O.CLOEXEC, 0);
  const descriptor = task.call.fcntl(segment.number, F.DUPFD_CLOEXEC, 0);
  task.call.fcntl(descriptor, F.SETFL, flags & SETTABLE_FLAGS);
  return descriptor;
}

function make(task: Task, segment: Segment, context: StageContext): void {
  const { call } = task;
  const memfd = call.memfd_create(segment.name, MFD.CLOEXEC | MFD.ALLOW_SEALING | segment.hugePages);
  if (segment.hugePages === 0) moveContent(task, segment, memfd, context);
  // Whole pages were moved, but the memory may end within the last one.
  if (segment.size > 0n) call.ftruncate(memfd, segment.size);
  if (segment.hugePages !== 0) fillHugePages(task, segment, memfd, context);
  const permissions = segment.mode & ~S_IF.MT;
  if (permissions !== 0o777) call.fchmod(memfd, permissions);
  if (segment.uid !== 0 || segment.gid !== 0) call.fchown(memfd, segment.uid, segment.gid);
  task.place(memfd, segment.number, { cloexec: true });
}

/** Moves the content inside the kernel: nothing is mapped yet. */
function moveContent(task: Task, segment: Segment, memfd: Value, context: StageContext): void {
  const { call } = task;
  for (const run of segment.runs) {
    const pages = openPages(task, run, context);
    for (let done = 0; done < run.pages * PAGE_SIZE; done += MAX_BYTES) {
      const length = Math.min(run.pages * PAGE_SIZE - done, MAX_BYTES);
      call.lseek(pages, (run.offset ?? 0) + done, SEEK.SET);
      call.lseek(memfd, Number(run.address) + done, SEEK.SET);
      call.sendfile(memfd, pages, 0, length).expect(length);
    }
    call.close(pages);
  }
}

/** Huge pages can only be written where they are mapped: at an address that is free in every task. */
function fillHugePages(task: Task, segment: Segment, memfd: Value, context: StageContext): void {
  const page = hugePageSize(segment.hugePages);
  const at = alignUp(context.stub.freeAddress(Number(segment.size) + page), page);
  const flags = MAP.SHARED | MAP.FIXED_NOREPLACE;
  task.call
    .mmap(at, segment.size, PROT.READ | PROT.WRITE, flags, memfd, 0)
    .hint(HUGE_PAGES_HINT)
    .expect(at);
  fillPages(task, placeAt(at, segment.runs), context);
  task.call.munmap(at, segment.size);
}
