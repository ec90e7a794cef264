/**
 * Makes checkpoints of a tree whose images are damaged after they are written: first everything that this process writes, then each of the other images.
 * Prints a line for each damaged image: its name, and what was said of it.
 *
 * Arguments: the pid; the directory of the images; `check`, or `trust` for a checkpoint with damaged images and without the self-check.
 */
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definePlugin, dump, RestoreError } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultDumpPlugins } from "@restage/plugins/dump";

const [pid = "", images = "", how] = process.argv.slice(2);

/** Makes a checkpoint. Returns the names of its images, those that others have written, and what was found. */
async function attempt(isDamaged: (name: string, digest: string | undefined) => boolean, leaveRunning = false) {
  const own: string[] = [];
  const others: string[] = [];
  const plugin = definePlugin({
    name: "damage",
    dump({ imagesWritten }) {
      imagesWritten.tap({ name: "damage", before: "self-check" }, (_tree, context) => {
        for (const [name, digest] of context.images.written) {
          (digest === undefined ? others : own).push(name);
          if (isDamaged(name, digest)) damage(join(context.images.current, name), digest === undefined);
        }
      });
    },
  });
  const kernel = await openKernel();
  const options = { tcpEstablished: true, fileLocks: true, leaveRunning, selfCheck: how === "check" };
  try {
    await dump({ pid: Number(pid), images, ...options, plugins: [plugin] }, kernel, defaultDumpPlugins());
    return { own, others, found: ["complete"] };
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    const all = error.failures.length === 0 ? [error] : error.failures;
    return { own, others, found: all.map(({ message }) => `${error.code}: ${message}`) };
  } finally {
    kernel.close();
  }
}

/** Changes one byte; or cuts off the end of what others have written, whose content nobody knows. */
function damage(path: string, cut: boolean): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  if (cut) truncateSync(path, Math.max(0, bytes.length - 4096));
  else writeFileSync(path, bytes);
}

if (how === "check") {
  const { others, found } = await attempt(() => false, true);
  console.log(`all: ${found}`);
  const all = await attempt((_name, digest) => digest !== undefined);
  for (const name of all.own)
    console.log(`${name}: ${all.found.find((each) => each.includes(` ${name} `)) ?? "not found"}`);
  for (const other of others) console.log(`${other}: ${(await attempt((name) => name === other)).found}`);
} else {
  console.log(`all: ${(await attempt(() => true)).found}`);
}
