import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DumpEvent, dump } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { openKernel } from "@restage/linux";
import { defaultDumpPlugins } from "@restage/plugins/dump";
import { criu } from "./benchmark.ts";
import { commandOn, EXECUTABLE } from "./restorers.ts";

/** Milliseconds: `whole`, and `frozen`, how long the tree was stopped. */
export type DumpSample = Readonly<Record<string, number>>;

/** Saves into a directory. Pages that are the same in the checkpoint of `previous`, a path from that directory, are left out, except by CRIU. */
export type Checkpointer = (images: string, previous?: string) => DumpSample | Promise<DumpSample>;

/**
 * What saves the tree of a process, which keeps running, in a directory.
 *
 * @param phases whether samples of the library have the time of each phase.
 */
export const checkpointers = (
  pid: number,
  phases = false,
): Readonly<Record<"criu dump" | "library", Checkpointer>> & Readonly<Record<string, Checkpointer>> => ({
  "criu dump": (images) => {
    const words = ["dump", "-t", String(pid), "-D", images, "-R", "--manage-cgroups=ignore", "-o", "dump.log"];
    const { whole } = timed([criu ?? "criu", ...words]);
    const [entry] = decodeEntries("stats", readFileSync(join(images, "stats-dump")), "stats-dump");
    const { freezing_time = 0, frozen_time = 0 } = entry?.value.dump ?? {};
    // The first tasks are stopped while CRIU still stops others.
    return { whole, frozen: (freezing_time + frozen_time) / 1000 };
  },
  library: async (images, prevImagesDir) => {
    const times: Record<string, number> = {};
    const onEvent = (event: DumpEvent) => {
      if (phases && event.kind === "phase-left") times[event.phase] = event.milliseconds;
    };
    const started = performance.now();
    const kernel = await openKernel();
    try {
      const { frozen } = await dump(
        { pid, images, prevImagesDir, leaveRunning: true, onEvent },
        kernel,
        defaultDumpPlugins(),
      );
      return { whole: performance.now() - started, frozen, ...times };
    } finally {
      kernel.close();
    }
  },
  Node: command(commandOn("node"), pid),
  Deno: command(commandOn("deno"), pid),
  Bun: command(commandOn("bun"), pid),
  ...(existsSync(EXECUTABLE) ? { executable: command([EXECUTABLE], pid) } : {}),
});

function command(words: readonly string[], pid: number): Checkpointer {
  return (images, previous) => {
    const incremental = previous === undefined ? [] : ["--prev-images-dir", previous];
    const { whole, output } = timed([
      ...words,
      "checkpoint",
      String(pid),
      "-D",
      images,
      "-R",
      "--json",
      ...incremental,
    ]);
    return { whole, frozen: (JSON.parse(output) as { readonly frozen: number }).frozen };
  };
}

function timed([program = "", ...words]: readonly string[]): { whole: number; output: string } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", timeout: 120_000 });
  const whole = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return { whole, output: stdout };
}
