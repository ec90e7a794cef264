import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../support/compile.ts";
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
  // Shared anonymous memory comes back as memfds.
  const same = text.replaceAll("/memfd:/dev/zero (deleted)", "/dev/zero (deleted)");
  const renamed = same.replace(/(socket|pipe):\[\d+\]/g, (name, kind: string) => {
    const known = names.get(name) ?? `${kind} ${names.size}`;
    names.set(name, known);
    return known;
  });
  return new Map(
    renamed
      .split("\n")
      // Hierarchies of cgroups are mounted by other tests meanwhile.
      .filter((line) => line.includes("\t") && !line.includes("\tname=restage-"))
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
  [/\/option\/IP\.14$/, "the MTU of a route, while a socket keeps one"],
  [/\/option\/IP\.(9|33)$/, "stream sockets show what they received; looked at by cases for others"],
  [/\/mapping\/.*\[(vvar|vdso|vvar_vclock)\]/, "the kernel's own"],
  [/\/(limits|autogroup|timers|ksm_stat)\/\d+$/, "looked at by cases; amounts of the moment"],
  [/\/namespace\/time$/, "a restore may make a time namespace for clocks"],
  [/\/stat\/(priority|tpgid|tty)$/, "follows the policy; terminals have cases of their own"],
];

type Allowed = typeof ALLOWED;

const NAME_IS_TAKEN: Allowed[number] = [/\/descriptor\/\d+$/, "another file has the name of a deleted one"];

/** The same of single cases, whose names tell which. */
const ALLOWED_IN_CASES: Readonly<Record<string, Allowed>> = {
  "deleted-files": [NAME_IS_TAKEN],
  "link-remaps": [NAME_IS_TAKEN],
  "fifo-over-socket": [NAME_IS_TAKEN],
  "namespace-files": [[/\/descriptor\/1[78]$/, "a restore may make a time namespace for clocks"]],
  "other-vdso": [[/\/mapping\//, "this kernel's vdso is mapped beside that of the other"]],
  "renamed-sockets": [[/\/name$/, "sockets get the names that their files have now, with a warning"]],
  "unix-sockets": [[/\/descriptor\/10\/peer$/, "images cannot record that a datagram socket had a peer that is gone"]],
  "unix-corners": [[/\/descriptor\/(8\/peer|9\/name)$/, "an accepted socket does not get its listener's name again"]],
  "closed-tcp": [
    [/\/option\/IP\.52$/, "a closed connection takes its port again"],
    [/\/descriptor\/12\/unread$/, "its peer sends as much as the restored window takes"],
  ],
  timers: [[/\/status\/ShdPnd$/, "timers expire meanwhile"]],
  "blocked-calls": [[/\/thread\//, "threads end when their calls time out"]],
};

/** Cases that are compared as a whole whenever a test restores them. A case belongs here once each of its differences is allowed above, with its reason. */
export const COMPARED: ReadonlySet<string> = new Set([
  ...["deleted-files", "deleted-program", "link-remaps", "dead-processes", "file-owners", "file-locks", "more-locks"],
  ...["odd-files", "odd-pipes", "many-files", "epolls", "epoll-in-flight", "fifo-over-socket", "read-only-memfds"],
  ...["memfds", "mapping-kinds", "copy-on-write", "aio-rings", "other-vdso", "guard-regions", "odd-addresses"],
  ...["pidfds", "namespace-files", "tun", "timerfds", "tcp-requests", "watched-files", "bpf-maps"],
  ...["renamed-sockets", "unix-sockets", "unix-corners", "closed-tcp"],
]);

/** What may differ in a case. */
export function allowedIn(name: string): Allowed {
  return [...ALLOWED, ...(ALLOWED_IN_CASES[name] ?? [])];
}

/** What differs between two observations of a tree, one line for each key. */
export function differences(before: Observation, after: Observation, allowed = ALLOWED): readonly string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .filter((key) => !allowed.some(([pattern]) => pattern.test(key)) && !isOfZombie(key, before))
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => `${key}: ${before.get(key) ?? "nothing"} -> ${after.get(key) ?? "nothing"}`);
}

/** Zombies get no signals any more. */
function isOfZombie(key: string, before: Observation): boolean {
  const [, thread] = /^(.*\/status)\/(Sig|Shd)/.exec(key) ?? [];
  return thread !== undefined && before.get(`${thread}/State`)?.startsWith("Z") === true;
}
