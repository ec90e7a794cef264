import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { onTestFinished } from "vitest";
import type { FleetHost } from "./two-hosts.ts";

export function pick<T>(all: readonly T[], random: () => number): T {
  return all[Math.floor(random() * all.length)] as T;
}

/** Runs a command to its end, or until a signal kills it. Returns what it printed, and its exit code. */
export async function run([program = "", ...words]: readonly string[], signal?: AbortSignal) {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  signal?.addEventListener("abort", () => child.kill("SIGKILL"));
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      output += String(part);
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: output.trim() };
}

/** The processes of this machine, on whatever host. */
export function processes(isWanted: (words: readonly string[]) => boolean): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && isWanted(wordsOf(pid)));
}

/** The command line of a process; empty when it has ended. */
function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

export function isOn({ host }: FleetHost, pid: number): boolean {
  const namespace = (of: number) => readlinkSync(`/proc/${of}/ns/net`);
  return namespace(host.pid) === namespace(pid);
}
