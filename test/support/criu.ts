import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CRIU } from "./requirements.ts";

/** Restores a checkpoint with CRIU; init adopts the tree. Throws with the errors in its log. */
export function restoreWithCriu(images: string, flags: readonly string[] = []): void {
  const words = ["restore", "-d", "-D", images, "-o", "restore.log", "-v4", ...flags];
  const { status, error } = spawnSync(CRIU, words, { timeout: 60_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`CRIU cannot restore ${images}:\n${errorsIn(join(images, "restore.log"))}`);
}

/** The errors and warnings in a log of CRIU. */
export function errorsIn(log: string): string {
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => /Error|Warn/.test(line)).join("\n");
}
