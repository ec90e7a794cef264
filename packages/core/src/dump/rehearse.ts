import type { Kernel } from "@restage/linux";
import { AT_FDCWD, O } from "@restage/linux/abi";
import type { Host } from "../host/host.ts";
import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { createDumpDriver } from "./create-driver.ts";
import { DumpRun } from "./dump-run.ts";
import { DEFAULT_DUMP_OPTIONS } from "./options.ts";
import type { PagesWriter } from "./pages-writer.ts";

/** Nothing needs to be created there. */
const NO_DIRECTORY = "/dev/null";

let isRehearsed = false;

/**
 * Goes through the phases of a checkpoint with a process that was made for it, the first time in this process. A runtime loads and compiles code when it
 * first runs, and that must not happen while a tree is stopped. Nothing is written.
 */
export async function rehearse(kernel: Kernel, defaults: readonly Plugin[]): Promise<void> {
  if (isRehearsed || kernel.recording) return;
  isRehearsed = true;
  try {
    const sleeper = kernel.startSleeper();
    try {
      await goThrough(kernel, defaults, sleeper.pid);
    } finally {
      sleeper.end();
    }
  } catch {
    // Whatever is wrong, the checkpoint itself meets it too, and tells the user.
  }
}

async function goThrough(kernel: Kernel, defaults: readonly Plugin[], pid: number): Promise<void> {
  const options = { ...DEFAULT_DUMP_OPTIONS, pid, images: NO_DIRECTORY, leaveRunning: true };
  const run = new DumpRun(kernel, createDumpDriver(defaults, [NO_PAGES], ignore), options, ignore, false);
  try {
    await run.runPhases();
  } finally {
    await run.end();
  }
}

function ignore(): void {}

/** Pages go nowhere. */
const NO_PAGES = definePlugin({
  name: "no-pages",
  dump({ pagesWriter }) {
    pagesWriter.tap("no-pages", (_request, { host }) => writerToNowhere(host));
  },
});

function writerToNowhere({ call }: Host): PagesWriter {
  const file = call.openat(AT_FDCWD, "/dev/null", O.WRONLY | O.CLOEXEC, 0).result;
  return { content: { file, seen: ignore }, add: ignore, close: () => void call.close(file) };
}
