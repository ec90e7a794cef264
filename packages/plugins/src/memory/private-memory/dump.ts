import { type DumpContext, definePlugin, type Mapping, type Plugin, type SeizedTask } from "@restage/core";
import { type PagemapEntry, type PagemapHead, pageFlags, vmaStatus } from "@restage/images";
import { MAP } from "@restage/linux/abi";
import { has, kindOf } from "../mappings/format.ts";
import { pagemapEntry } from "../pagemap-entry.ts";

/** Content of private memory: the pages that a task has written, not those that it never touched or that are the same in a file. */
export function privateMemory(): Plugin {
  return definePlugin({
    name: "private-memory",
    duty: "private-memory",
    phases: { write: "saves pages and guard regions of private memory" },
    dump({ phases }) {
      phases.write.task.tap("private-memory", (task, context) => savePages(task, context));
    },
  });
}

function savePages(task: SeizedTask, { images, seizer }: DumpContext): void {
  const number = images.nextPages();
  const scan = seizer.scanPages(task.hostPid);
  const file = images.open("pages", number);
  try {
    const entries: (PagemapHead | PagemapEntry)[] = [{ pages_id: number }];
    for (const mapping of task.mappings) {
      const kind = kindOf(statusOf(mapping));
      if ((kind !== "private" && kind !== "vdso") || isDroppable(mapping)) continue;
      const range = { start: Number(mapping.start), end: Number(mapping.end) };
      const { own, guards } = scan.find(range.start, range.end);
      const runs = kind === "vdso" ? [range] : own;
      seizer.copyPages(task.hostPid, runs, file);
      entries.push(...runs.map((run) => pagemapEntry(run, mayBeLazy(mapping) ? LAZY : PRESENT)));
      task.guards.push(...guards);
    }
    for (const value of entries) images.add("pagemap", task.pid, { value: value });
  } finally {
    images.close(file);
    scan.close();
  }
}

const PRESENT = pageFlags.PE_PRESENT;
const LAZY = pageFlags.PE_PRESENT | pageFlags.PE_LAZY;

function statusOf({ entry: { status = 0 } }: Mapping) {
  return { status };
}

/** The kernel can take its pages at any time. It is for secrets such as the state of a random number generator, which must not come back twice. */
function isDroppable({ entry }: Mapping): boolean {
  return ((entry.flags ?? 0) & MAP.DROPPABLE) !== 0;
}

/** Can its pages come later, on first access? */
function mayBeLazy(mapping: Mapping): boolean {
  const status = statusOf(mapping);
  const isLocked = ((mapping.entry.flags ?? 0) & MAP.LOCKED) !== 0;
  return kindOf(status) === "private" && has(status, vmaStatus.VMA_ANON_PRIVATE) && !isLocked;
}
