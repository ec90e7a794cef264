import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RestoreError } from "@restage/core";
import { Host } from "@restage/core/internal";
import { AT_FDCWD, LOCK, O } from "@restage/linux/abi";
import { openMachine } from "../open-machine.ts";

/** Keeps other agents from a directory. The kernel frees it when this process ends. Throws ERR_OPTION if another agent uses it. */
export async function lockDirectory(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "agent");
  const host = new Host(await openMachine());
  const descriptor = host.call.openat(AT_FDCWD, file, O.RDWR | O.CREAT | O.CLOEXEC, 0o600).result;
  if (host.attempt("flock", descriptor, LOCK.EX | LOCK.NB) !== 0) {
    const hint = "pass another directory with --work-dir, or end that agent";
    const other = readFileSync(file, "utf8");
    throw new RestoreError("ERR_OPTION", `An agent (process ${other}) uses ${directory} already`, { hint });
  }
  writeFileSync(file, String(process.pid));
}
