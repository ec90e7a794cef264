import { asRestoreError, data, type Plan, RestoreError, struct, type Task } from "@restage/core";
import type { PageRun, VmaEntry } from "@restage/images";
import {
  AF,
  AT_FDCWD,
  MSG,
  O,
  PAGE_SIZE,
  POLL,
  SOCK,
  UFFD_API,
  UFFD_FEATURE,
  UFFDIO,
  UFFDIO_REGISTER_MODE_MISSING,
  USERFAULTFD_IOC_NEW,
} from "@restage/linux/abi";
import { takeNumber } from "../../files/take-descriptor.ts";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { hasOwnCapability } from "../../own-status.ts";
import { unixAddress } from "../../sockets/unix/format.ts";
import { messageHeader, rights } from "../../transport/rights.ts";
import { canBeLazy } from "../mappings/format.ts";
import { isLazy, readPageRuns } from "../page-content.ts";
import { applyLeftOver } from "../private-memory/patch.ts";
import { encodeLazyWord, type LazyWord } from "./format.ts";

/** A userfaultfd that only root can open needs no capability in the task, which can be in a user namespace. */
const DEVICE = "/dev/userfaultfd";
const FLAGS = O.CLOEXEC | O.NONBLOCK;
const { EVENT_FORK, EVENT_REMAP, EVENT_REMOVE, EVENT_UNMAP } = UFFD_FEATURE;
/** The daemon must learn of every change of the address space: the task runs on its own. */
const FEATURES = EVENT_FORK | EVENT_REMAP | EVENT_REMOVE | EVENT_UNMAP;
const KERNEL_HINT = "lazy pages require CONFIG_USERFAULTFD, and CAP_SYS_PTRACE outside of containers";
const DAEMON_HINT = "the output of the lazy-pages daemon says why it ended";

/** The part of one restore that leaves memory to a daemon. */
export class LazyRestore {
  readonly #host: Plan["host"];
  readonly #images: Plan["images"];
  readonly #tree: Plan["tree"];
  readonly #path: string;
  readonly #isDryRun: boolean;
  /** The number of the device in every task, if tasks need it. */
  readonly #device: number | undefined;
  #socket: number | undefined;

  /** @param path of the daemon's socket. */
  constructor(plan: Plan, path: string) {
    this.#host = plan.host;
    this.#images = plan.images;
    this.#tree = plan.tree;
    this.#path = path;
    this.#isDryRun = plan.dryRun;
    const { images, tree } = plan;
    const isConfined = plan.options.unprivileged || hasOwnNamespace(images, tree.root, "user");
    const hasDevice = plan.host.inode(DEVICE) !== undefined;
    this.#device = isConfined && hasDevice ? plan.serviceDescriptors.keepOpen(DEVICE) : undefined;
    for (const task of plan.survivors) this.#checkMappings(plan, task);
    if (hasOwnCapability(plan.host, "CAP_SYS_PTRACE") === false)
      plan.lacks("CAP_SYS_PTRACE", "refused", "a daemon cannot follow the memory of tasks that fork");
  }

  refuseTemplate(): never {
    throw new RestoreError("ERR_OPTION", "A template holds the memory of its clones, so it cannot have lazy pages", {
      hint: "leave out --lazy-pages",
    });
  }

  /** Connects to the daemon. Throws ERR_OPTION. */
  connect(): void {
    const { call } = this.#host;
    const slash = this.#path.lastIndexOf("/");
    const directory = this.#path.slice(0, slash) || "/";
    const [at, socket] = [
      call.openat(AT_FDCWD, slash < 0 ? "." : directory, O.PATH | O.CLOEXEC).result,
      call.socket(AF.UNIX, SOCK.STREAM | SOCK.CLOEXEC, 0).result,
    ];
    this.#socket = socket;
    try {
      // The path of a socket must be short.
      const path = `/proc/self/fd/${at}/${this.#path.slice(slash + 1)}\0`;
      const address = unixAddress(new TextEncoder().encode(path));
      call.connect(socket, data(address), address.length);
    } catch (error) {
      const { message } = asRestoreError(error, {});
      throw new RestoreError("ERR_OPTION", `No lazy-pages daemon listens at ${this.#path}: ${message}`, {
        hint: "start `restage lazy-pages` first, with the same --images-dir and --work-dir",
        cause: error,
      });
    } finally {
      call.close(at);
    }
    for (const { kind, pid } of this.#tree.tasks) if (kind === "zombie") this.#send({ kind: "zombie", pid });
  }

  /** Lets a task watch its memory, and tells the daemon. */
  async register(task: Task): Promise<void> {
    if (!task.survives) return;
    const uffd = this.#device === undefined ? task.call.userfaultfd(FLAGS) : this.#fromDevice(task, this.#device);
    uffd.hint(KERNEL_HINT);
    await task.flush();
    this.#handOver(task, uffd.result);
    for (const { start, end } of this.#lazyMappings(task)) {
      const range = struct([8, start], [8, end - start], [8, UFFDIO_REGISTER_MODE_MISSING], [8, 0]);
      task.call.ioctl(uffd, UFFDIO.REGISTER, range);
    }
    task.call.close(uffd);
  }

  /** Applies what could not be patched before the pages come. */
  patch(task: Task): void {
    if (task.survives) applyLeftOver(task);
  }

  /** Tells the daemon that tasks are about to run: from now on it brings pages in the background too, and is responsible for the tree. */
  finish(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    // It never writes: what can be read is the end.
    if (this.#host.attempt("poll", struct([4, socket], [4, POLL.IN]), 1, 0) > 0) throw this.#daemonGone();
    this.#send({ kind: "finished" });
  }

  close(): void {
    if (this.#socket !== undefined) this.#host.call.close(this.#socket);
    this.#socket = undefined;
  }

  #fromDevice(task: Task, device: number) {
    return task.call.ioctl(device, USERFAULTFD_IOC_NEW, FLAGS);
  }

  /** The API is chosen here, not by the task: the fork event needs a capability that it can lack. */
  #handOver(task: Task, number: number): void {
    if (this.#isDryRun) return;
    const uffd = takeNumber(this.#host, task.hostPid, number);
    try {
      this.#host.call.ioctl(uffd, UFFDIO.API, struct([8, UFFD_API], [8, FEATURES], [8, 0]));
      this.#send({ kind: "task", pid: task.pid });
      this.#sendDescriptor(uffd);
    } catch (error) {
      throw asRestoreError(error, { pid: task.pid, hint: KERNEL_HINT });
    } finally {
      this.#host.call.close(uffd);
    }
  }

  #send(word: LazyWord): void {
    const bytes = encodeLazyWord(word);
    const sent = this.#host.attempt("sendto", this.#connected(), data(bytes), bytes.length, MSG.NOSIGNAL, 0, 0);
    if (sent !== bytes.length && !this.#isDryRun) throw this.#daemonGone();
  }

  #sendDescriptor(descriptor: number): void {
    const message = messageHeader(undefined, 0, data(new Uint8Array(1)), rights([descriptor]));
    const sent = this.#host.attempt("sendmsg", this.#connected(), message, MSG.NOSIGNAL);
    if (sent !== 1) throw this.#daemonGone();
  }

  #connected(): number {
    if (this.#socket === undefined) throw new Error("The lazy-pages daemon is not connected");
    return this.#socket;
  }

  #daemonGone(): RestoreError {
    return new RestoreError("ERR_PLUGIN", `The lazy-pages daemon at ${this.#path} has ended`, { hint: DAEMON_HINT });
  }

  /** Refuses lazy pages where the kernel cannot watch: the daemon would wait for them for ever. */
  #checkMappings(plan: Plan, task: Task): void {
    const vmas = task.mm.vmas.filter(canBeLazy);
    let next = 0;
    for (const run of readPageRuns(plan.images, task).filter(isLazy)) {
      while (next < vmas.length && (vmas[next] as VmaEntry).end <= run.address) next++;
      let at = run.address;
      for (let n = next; at < endOf(run) && n < vmas.length && (vmas[n] as VmaEntry).start <= at; n++)
        at = (vmas[n] as VmaEntry).end;
      if (at >= endOf(run)) continue;
      plan.refuse({
        what: `lazy pages at ${run.address.toString(16)}`,
        why: "they are not in private anonymous memory: the pagemap and mm images contradict each other",
        pid: task.pid,
      });
    }
  }

  /** The mappings that have lazy pages. */
  #lazyMappings(task: Task): readonly VmaEntry[] {
    const runs = readPageRuns(this.#images, task).filter(isLazy);
    let next = 0;
    // Both are in ascending order.
    return task.mm.vmas.filter((vma) => {
      while (next < runs.length && endOf(runs[next]) <= vma.start) next++;
      const run = runs[next];
      return run !== undefined && run.address < vma.end && canBeLazy(vma);
    });
  }
}

function endOf(run: PageRun | undefined): bigint {
  return run === undefined ? 0n : run.address + BigInt(run.pages * PAGE_SIZE);
}
