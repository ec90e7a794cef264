import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PLACE } from "../support/fixture-executable.ts";
import { survey } from "../support/leftovers.ts";
import { allPids, executableOf, statusOf } from "../support/proc.ts";

/** Processes, mounts, sockets, IPC objects and files: everything in the namespaces of this process that a restore can change. A line each. */
export function surveyWorld(): readonly string[] {
  return [...survey(), ...processes(), ...files("/tmp"), ...files("/dev/shm"), ...objects()];
}

/** The same without the files that a restored tree itself works with. */
export function surveyWithoutFiles(): readonly string[] {
  return surveyWorld().filter((line) => !line.startsWith("file /dev/shm/") && !line.startsWith(`file ${PLACE}`));
}

function* processes(): Generator<string> {
  for (const pid of allPids()) yield `process ${pid} ${statusOf(pid, "Name")} ${executableOf(pid)}`;
}

function* files(directory: string): Generator<string> {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    // Repositories and images that are below /tmp.
    if (stat.dev !== lstatSync(directory).dev) continue;
    yield `file ${path} ${stat.mode.toString(8)} ${stat.uid} ${stat.gid} ${stat.isFile() ? stat.size : ""}`;
    if (stat.isDirectory()) yield* files(path);
  }
}

function* objects(): Generator<string> {
  const tables = ["sysvipc/msg", "sysvipc/sem", "sysvipc/shm", "net/dev", "net/tcp", "net/tcp6", "net/udp", "net/unix"];
  for (const table of tables) {
    const [, ...lines] = readFileSync(`/proc/${table}`, "utf8").trimEnd().split("\n");
    for (const line of lines) if (!isTimeWait(table, line)) yield `${table} ${identity(table, line)}`;
  }
  yield `host name ${readFileSync("/proc/sys/kernel/hostname", "utf8")}`;
}

/** Connections of tasks that were killed stay in this state for a minute. */
function isTimeWait(table: string, line: string): boolean {
  return table.startsWith("net/tcp") && line.trim().split(/\s+/)[3] === "06";
}

/** The columns that name the object: the others count. */
function identity(table: string, line: string): string {
  const words = line.trim().split(/\s+/);
  if (table === "net/dev") return words[0] ?? "";
  if (table === "net/unix") return words.slice(7).join(" ");
  return words.slice(0, table.startsWith("net") ? 4 : 2).join(" ");
}
