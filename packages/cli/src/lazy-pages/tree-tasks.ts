import type { Host } from "@restage/core";
import { SIG } from "@restage/linux/abi";

/** A process of this machine. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly tracer: number;
  /** Its pids in its pid namespaces, the outermost first. */
  readonly pids: readonly number[];
}

/** The processes that a restore makes, as far as they can be found. The restore names them by their pids in their own pid namespace. */
export class TreeTasks {
  readonly #host: Host;
  readonly #restorer: number;
  /** Descriptors that name the processes, also when their pids are in use again. */
  readonly #found = new Map<number, { readonly pid: number; readonly pidfd: number }>();

  /** @param restorer the pid of the process that restores. */
  constructor(host: Host, restorer: number) {
    this.#host = host;
    this.#restorer = restorer;
  }

  /** Finds the process of a task. The restore traces it, or is its parent, grandparent and so on. */
  find(task: number): void {
    const all = this.#processes();
    const isOurs = (process: Process | undefined): boolean =>
      process !== undefined &&
      (process.tracer === this.#restorer ||
        process.parent === this.#restorer ||
        (process.parent > 1 && isOurs(all.get(process.parent))));
    const found = [...all.values()].find((process) => process.pids.at(-1) === task && isOurs(process));
    if (found === undefined) return;
    const pidfd = this.#host.attempt("pidfd_open", found.pid, 0);
    if (pidfd >= 0) this.#found.set(task, { pid: found.pid, pidfd });
  }

  /** Kills all of them, with the processes that they have forked. */
  kill(): void {
    const all = this.#processes();
    const isAlive = ({ pidfd }: { pidfd: number }) => this.#host.attempt("pidfd_send_signal", pidfd, 0, 0, 0) === 0;
    const tasks = [...this.#found.values()].filter(isAlive);
    const doomed = new Set(tasks.map(({ pid }) => pid));
    for (let before = 0; before < doomed.size; ) {
      before = doomed.size;
      for (const { pid, parent } of all.values()) if (doomed.has(parent)) doomed.add(pid);
    }
    for (const { pidfd } of tasks) this.#host.attempt("pidfd_send_signal", pidfd, SIG.KILL, 0, 0);
    for (const pid of doomed) if (!tasks.some((task) => task.pid === pid)) this.#host.attempt("kill", pid, SIG.KILL);
  }

  #processes(): ReadonlyMap<number, Process> {
    const names = (this.#host.list("/proc") ?? []).filter((name) => /^\d+$/.test(name));
    return new Map(names.flatMap((name) => this.#read(Number(name)) ?? []).map((process) => [process.pid, process]));
  }

  #read(pid: number): Process | undefined {
    const status = this.#host.readText(`/proc/${pid}/status`);
    if (status === undefined) return undefined;
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    const pids = field("NSpid").split(/\s+/).map(Number);
    return { pid, parent: Number(field("PPid")), tracer: Number(field("TracerPid")), pids };
  }
}
