import { type Host, output, RestoreError } from "@restage/core";
import { type PageRun, pageFlags } from "@restage/images";
import { CMSG_HEADER_SIZE, MSG, PAGE_SIZE, POLL, SO, SOL } from "@restage/linux/abi";
import { decodeLazyWord, LAZY_WORD_SIZE, type LazyWord, messageHeader, roomForRights } from "@restage/plugins/pages";
import { LazyRanges } from "./lazy-ranges.ts";
import { LazyTask } from "./lazy-task.ts";
import type { PageSource } from "./page-source.ts";
import type { RunsOf } from "./runs.ts";
import { TreeTasks } from "./tree-tasks.ts";
import { WatchedMemory } from "./watched-memory.ts";

/** How long it waits without looking whether it was asked to end, in milliseconds. */
const LONGEST_WAIT = 250;

/** Brings pages to the tasks of one restore, until they have all of them. */
export class LazyDaemon {
  readonly #host: Host;
  readonly #connection: number;
  readonly #runs: RunsOf;
  readonly #source: PageSource;
  readonly #tree: TreeTasks;
  #tasks: LazyTask[] = [];
  /** Whether the restore goes on. */
  #isRestoring = true;

  /** @param connection with the restore. */
  constructor(host: Host, connection: number, runs: RunsOf, source: PageSource) {
    this.#host = host;
    this.#connection = connection;
    this.#runs = runs;
    this.#source = source;
    this.#tree = new TreeTasks(host, peerOf(host, connection));
  }

  /**
   * Serves until all tasks have all pages. If pages cannot be had, it kills the tree: without this process, the kernel would give it zeros.
   *
   * @param ended fires when this process must end.
   */
  async run(ended: AbortSignal): Promise<void> {
    try {
      let yielded = performance.now();
      while (this.#isRestoring || this.#tasks.length > 0) {
        this.#serveOnce();
        // Signals of this process arrive only then.
        if (performance.now() - yielded < LONGEST_WAIT) continue;
        await new Promise((resolve) => setImmediate(resolve));
        yielded = performance.now();
        if (ended.aborted) throw new RestoreError("ERR_PLUGIN", `The lazy-pages daemon was ended by ${ended.reason}`);
      }
    } catch (error) {
      this.#tree.kill();
      for (const { memory, missing } of this.#tasks) for (const { start, end } of missing) memory.poison(start, end);
      throw error;
    } finally {
      for (const { memory } of this.#tasks) memory.close();
      this.#source.close();
      this.#host.attempt("close", this.#connection);
    }
  }

  #serveOnce(): void {
    const { descriptor } = this.#source;
    const asked = [
      ...this.#tasks.map(({ memory }) => memory.descriptor),
      ...(descriptor === undefined ? [] : [descriptor]),
      ...(this.#isRestoring ? [this.#connection] : []),
    ];
    const ready = this.#poll(
      asked,
      this.#hasMore() ? 0 : Math.min(LONGEST_WAIT, this.#source.patience() ?? LONGEST_WAIT),
    );
    if (this.#isRestoring && ready.has(this.#connection)) this.#hear();
    for (const task of this.#tasks) if (ready.has(task.memory.descriptor)) task.serve();
    if (descriptor !== undefined && ready.has(descriptor)) this.#source.receive();
    this.#source.patience();
    if (this.#isRestoring) return;
    if (ready.size === 0) this.#bringMore();
    for (const task of this.#tasks) if (task.isComplete) task.memory.close();
    this.#tasks = this.#tasks.filter((task) => !task.isComplete);
  }

  /** Whether there is work that no event announces. */
  #hasMore(): boolean {
    return !this.#isRestoring && this.#tasks.some((task) => task.canBringMore);
  }

  /** Brings pages that nobody waits for, to one task after the other. */
  #bringMore(): void {
    const index = this.#tasks.findIndex((task) => task.canBringMore);
    const [task] = index < 0 ? [] : this.#tasks.splice(index, 1);
    if (task === undefined) return;
    this.#tasks.push(task);
    task.bringMore();
  }

  /** The descriptors that can be read. */
  #poll(descriptors: readonly number[], milliseconds: number): ReadonlySet<number> {
    const list = output(8 * descriptors.length);
    const view = new DataView(list.bytes.buffer);
    descriptors.forEach((descriptor, index) => {
      view.setInt32(8 * index, descriptor, true);
      view.setInt16(8 * index + 4, POLL.IN, true);
    });
    this.#host.attempt("poll", list, descriptors.length, milliseconds);
    return new Set(descriptors.filter((_, index) => view.getInt16(8 * index + 6, true) !== 0));
  }

  /** Takes a word of the restore. */
  #hear(): void {
    const word = this.#receiveWord();
    switch (word.kind) {
      case "task":
        this.#add(word.pid, this.#receiveDescriptor());
        break;
      case "zombie":
        break;
      case "finished":
        this.#isRestoring = false;
        break;
    }
  }

  #add(pid: number, descriptor: number): void {
    this.#tree.find(pid);
    this.#watch(pid, descriptor, lazyRanges(this.#runs(pid)));
  }

  #watch(pid: number, descriptor: number, missing: LazyRanges): void {
    const memory = new WatchedMemory(this.#host, descriptor);
    const forked = (child: number, theirs: LazyRanges) => this.#watch(pid, child, theirs);
    this.#tasks.push(new LazyTask(pid, memory, missing, this.#source, forked));
  }

  #receiveWord(): LazyWord {
    const bytes = output(LAZY_WORD_SIZE);
    const count = this.#host.attempt("recvfrom", this.#connection, bytes, LAZY_WORD_SIZE, 0, 0, 0);
    if (count === LAZY_WORD_SIZE) return decodeLazyWord(bytes.bytes);
    throw new RestoreError("ERR_PLUGIN", "The restore ended before its tasks could run", {
      hint: "look at the output of the restore",
    });
  }

  #receiveDescriptor(): number {
    const control = roomForRights(1);
    const message = messageHeader(undefined, 0, output(1), control);
    const count = this.#host.attempt("recvmsg", this.#connection, message, MSG.CMSG_CLOEXEC);
    const view = new DataView(control.bytes.buffer);
    if (count === 1 && view.getUint32(0, true) === CMSG_HEADER_SIZE + 4) return view.getInt32(CMSG_HEADER_SIZE, true);
    throw new RestoreError("ERR_PLUGIN", "The restore announced a task without its userfaultfd");
  }
}

/** The pages that a task gets later. */
function lazyRanges(runs: readonly PageRun[]): LazyRanges {
  const ranges = new LazyRanges();
  for (const run of runs) {
    if ((run.flags & pageFlags.PE_LAZY) === 0) continue;
    const start = Number(run.address);
    ranges.add({ start, end: start + run.pages * PAGE_SIZE, image: start });
  }
  return ranges;
}

/** The pid of the process at the other end of a Unix socket. */
function peerOf(host: Host, connection: number): number {
  const credentials = host.socketOption(connection, SOL.SOCKET, SO.PEERCRED, 12);
  if (credentials === undefined) throw new RestoreError("ERR_SYSCALL", "Cannot find the process of the restore");
  return new DataView(credentials.buffer, credentials.byteOffset).getInt32(0, true);
}
