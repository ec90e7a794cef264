import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../cases/case.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** What the kernel shows of a process tree: /proc, socket options, file controls, scheduling. Values by key. */
export type Observation = ReadonlyMap<string, string>;

let observer: string | undefined;

/** Looks at a process and its descendants. */
export function observe(pid: number): Observation {
  if (observer === undefined || !existsSync(observer)) {
    observer = join(temporaryDirectory("observe"), "observe");
    compile(join(import.meta.dirname, "observe.c"), observer);
  }
  const text = execFileSync(observer, [String(pid)], { encoding: "latin1", maxBuffer: 1 << 28, timeout: 20_000 });
  return observationOf(text);
}

/** Numbers of inodes differ after a restore. What counts is which of them are equal. */
function observationOf(text: string): Observation {
  const names = new Map<string, string>();
  const renamed = text.replace(/(socket|pipe):\[\d+\]/g, (name, kind: string) => {
    const known = names.get(name) ?? `${kind} ${names.size}`;
    names.set(name, known);
    return known;
  });
  return new Map(
    renamed
      .split("\n")
      .filter((line) => line.includes("\t"))
      .map((line) => [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)]),
  );
}

/** Differences that a restore makes and that are right, or that time makes, each with its reason. Keys have the pid before them. */
export const ALLOWED: readonly (readonly [key: RegExp, why: string])[] = [
  [/\/status\/(Vm\w+|Rss\w+|HugetlbPages|FDSize|SigQ|\w*ctxt_switches)$/, "amounts of the moment"],
  [/\/status\/(State|TracerPid|PPid)$/, "states of the moment; init adopts the root task"],
  [/\/status\/(Cpus_allowed\w*|Mems_allowed\w*)$/, "seen as the affinity of each thread"],
  [/\/status\/untag_mask$/, "of the address space's kind, which the kernel chooses"],
  [/\/info\/\d+$/, "positions of epoll targets and times left of timers; flags and positions are looked at by cases"],
  [/\/option\/SOCKET\.(4|17|49|55|56|57|59)$/, "errors, peers, cookies and identifiers of the moment"],
  [/\/option\/TCP\.(2|11|12|20|21|24|26)$/, "measurements of a connection; time stamps"],
  [/\/option\/IP\.(9|33)$/, "stream sockets show what they received; looked at by cases for others"],
  [/\/mapping\/.*\[(vvar|vdso|vvar_vclock)\]/, "the kernel's own"],
  [/\/(limits|autogroup|timers|ksm_stat)\/\d+$/, "looked at by cases; amounts of the moment"],
  [/\/namespace\/time$/, "a restore may make a time namespace for clocks"],
  [/\/stat\/(priority|tpgid|tty)$/, "follows the policy; terminals have cases of their own"],
];

/** What differs between two observations of a tree, one line for each key. */
export function differences(before: Observation, after: Observation, allowed = ALLOWED): readonly string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .filter((key) => !allowed.some(([pattern]) => pattern.test(key)))
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => `${key}: ${before.get(key) ?? "nothing"} -> ${after.get(key) ?? "nothing"}`);
}
