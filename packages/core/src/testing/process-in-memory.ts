import type { Inode } from "@restage/linux";
import type { Inventions } from "../dry-run/inventions.ts";
import type { InventedProcesses, InventedThread } from "../dry-run/recording-seizer.ts";

/** An open file of an invented process: the target of its link in /proc, and the kernel's information about it. */
export interface DescriptorInvention {
  /** For example a path, `pipe:[123]` or `anon_inode:[eventpoll]`. */
  readonly link: string;
  /** Flags of open(2). */
  readonly flags?: number;
  readonly position?: number;
  /** Additional lines of /proc/PID/fdinfo/FD. */
  readonly info?: string;
  readonly inode?: Partial<Inode>;
}

/** A running process for a checkpoint. By default it is alive, with one thread, no memory and no descriptors. */
export interface ProcessInvention {
  readonly pid: number;
  readonly comm?: string;
  /** Default: its own pid for the root, its parent's values for others. */
  readonly sid?: number;
  readonly pgid?: number;
  /** The raw wait status of a process that has ended. */
  readonly exitCode?: number;
  /** Fields of /proc/PID/status other than the ids. */
  readonly status?: Readonly<Record<string, string>>;
  /** The states of the leader and, by id, of other threads. */
  readonly leader?: InventedThread;
  readonly threads?: Readonly<Record<number, InventedThread>>;
  readonly descriptors?: Readonly<Record<number, DescriptorInvention>>;
  /** Files of /proc/PID, by name: `timers`, `oom_score_adj`. */
  readonly proc?: Readonly<Record<string, string>>;
  /** Links of /proc/PID, by name: `exe`, `cwd`, `ns/net`. */
  readonly links?: Readonly<Record<string, string>>;
  /** Bytes of its memory, by address in hexadecimal, such as `0x1000`. */
  readonly memory?: Readonly<Record<string, Uint8Array>>;
  readonly children?: readonly ProcessInvention[];
}

/** Makes the inventions with which a recording kernel shows a process tree to a checkpoint. */
export function processInMemory(root: ProcessInvention, more: Inventions = {}): Inventions {
  const texts: Record<string, string> = {};
  const links: Record<string, string> = {};
  const directories: Record<string, readonly string[]> = {};
  const inodes: Record<string, Partial<Inode>> = {};
  const processes: Record<number, InventedProcesses[number]> = {};
  const place = (process: ProcessInvention, parent: Required<Pick<ProcessInvention, "pid" | "sid" | "pgid">>): void => {
    const { pid, sid = parent.sid, pgid = parent.pgid, comm = "program", exitCode, threads = {} } = process;
    const proc = `/proc/${pid}`;
    const children = process.children ?? [];
    const tids = [pid, ...Object.keys(threads).map(Number)];
    texts[`${proc}/stat`] = statLine({ pid, comm, sid, pgid, exitCode });
    directories[`${proc}/task`] = tids.map(String);
    for (const tid of tids) {
      texts[`${proc}/task/${tid}/children`] = tid === pid ? children.map((child) => `${child.pid} `).join("") : "";
      texts[`/proc/${tid}/status`] = statusText({ tid, pid, sid, pgid, status: process.status ?? {} });
    }
    for (const [name, text] of Object.entries(process.proc ?? {})) texts[`${proc}/${name}`] = text;
    for (const [name, link] of Object.entries(process.links ?? {})) links[`${proc}/${name}`] = link;
    directories[`${proc}/fd`] = Object.keys(process.descriptors ?? {});
    for (const [number, { link, flags = 0, position = 0, info = "", inode = {} }] of Object.entries(
      process.descriptors ?? {},
    )) {
      links[`${proc}/fd/${number}`] = link;
      inodes[`${proc}/fd/${number}`] = { ino: BigInt(pid * 1000 + Number(number)), ...inode };
      texts[`${proc}/fdinfo/${number}`] = `pos:\t${position}\nflags:\t0${flags.toString(8)}\nmnt_id:\t1\n${info}`;
    }
    if (exitCode === undefined)
      processes[pid] = {
        threads: { [pid]: process.leader ?? {}, ...threads },
        ...(process.memory === undefined ? {} : { memory: process.memory }),
      };
    else directories[`${proc}/task`] = [String(pid)];
    for (const child of children) place(child, { pid, sid, pgid });
  };
  place(root, { pid: root.pid, sid: root.sid ?? root.pid, pgid: root.pgid ?? root.pid });
  return {
    ...more,
    texts: { ...texts, ...more.texts },
    links: { ...links, ...more.links },
    directories: { ...directories, ...more.directories },
    inodes: { ...inodes, ...more.inodes },
    processes: { ...processes, ...more.processes },
  };
}

interface Stat {
  readonly pid: number;
  readonly comm: string;
  readonly sid: number;
  readonly pgid: number;
  readonly exitCode: number | undefined;
}

/** Makes a line of /proc/PID/stat, which has 52 fields. Source: proc_pid_stat(5). */
function statLine({ pid, comm, sid, pgid, exitCode }: Stat): string {
  const fields: (number | string)[] = new Array(52).fill(0);
  fields[0] = pid;
  fields[1] = `(${comm})`;
  fields[2] = exitCode === undefined ? "S" : "Z";
  fields[4] = pgid;
  fields[5] = sid;
  fields[51] = exitCode ?? 0;
  return fields.join(" ");
}

interface Status {
  readonly tid: number;
  readonly pid: number;
  readonly sid: number;
  readonly pgid: number;
  readonly status: Readonly<Record<string, string>>;
}

function statusText({ tid, pid, sid, pgid, status }: Status): string {
  const fields = { Tgid: pid, Pid: tid, NStgid: pid, NSpid: tid, NSpgid: pgid, NSsid: sid, ...status };
  return Object.entries(fields)
    .map(([name, value]) => `${name}:\t${value}`)
    .join("\n");
}
