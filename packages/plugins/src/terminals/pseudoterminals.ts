import { output, type Plan, struct, type Task, type Value } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { AT_FDCWD, O, TTY } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { pathOf } from "./devices.ts";
import type { PtmxLocation } from "./mounted-terminals.ts";
import { applySettings, fillQueues } from "./settings.ts";
import { isHungUp, isSlave, type TtyFile } from "./tty-info.ts";

/** What no kernel exceeds. Source: NR_UNIX98_PTY_MAX in drivers/tty/pty.c. */
const MOST_TERMINALS = 2 ** 20;

/** A pseudoterminal: master and slave. */
export interface Pseudoterminal {
  /** N of /dev/pts/N. */
  readonly index: number;
  /**
   * Undefined if the master was closed: the slave has hung up, and does so again when the restore closes the master that it opens. Also undefined if the
   * master was outside the tree: a plugin takes the new one.
   */
  readonly master: TtyInfoEntry | undefined;
  /** Undefined if no task has it open. */
  readonly slave: TtyInfoEntry | undefined;
  /** Permissions of the slave's device, if they are known. */
  readonly mode: number | undefined;
  /** The device of masters, in the same devpts as the slave. */
  readonly ptmx: string;
  /** Data that was written to the slave and not yet read from the master. */
  readonly shown: Uint8Array | undefined;
  /** Data that was written to the master and not yet read from the slave. */
  readonly typed: Uint8Array | undefined;
  /** In canonical mode, the beginning of a line that was written to the master and is not complete. Images of CRIU lack it. */
  readonly line: Uint8Array | undefined;
  /** The numbers of the descriptors of both ends in every task during the restore. */
  readonly masterNumber: number;
  readonly slaveNumber: number;
}

const PERMISSIONS = 0o7777;

/** Pairs the ends of pseudoterminals by their numbers. */
export function readPairs(plan: Plan, ptys: readonly TtyInfoEntry[], files: readonly TtyFile[]): Pseudoterminal[] {
  const { images, serviceDescriptors } = plan;
  const queued = new Map(images.values("tty_data").map(({ tty_id, data }) => [tty_id, data]));
  const queueOf = (info: TtyInfoEntry | undefined) => (info === undefined ? undefined : queued.get(info.id));
  const byIndex = new Map<number, TtyInfoEntry[]>();
  for (const info of ptys) {
    if (info.pty !== undefined) byIndex.set(info.pty.index, [...(byIndex.get(info.pty.index) ?? []), info]);
  }
  return [...byIndex].map(([index, ends]) => {
    const master = ends.find((info) => !isSlave(info));
    const slave = ends.find(isSlave);
    const masterFile = files.find(({ info }) => info === master);
    const slaveFile = files.find(({ info }) => info === slave);
    return {
      index,
      master,
      slave,
      mode: slaveFile === undefined ? undefined : modeOf(plan, slaveFile),
      ptmx: ptmxOf(plan, masterFile, slaveFile),
      shown: master?.packet_mode === true ? withoutStatus(queueOf(master)) : queueOf(master),
      typed: queueOf(slave),
      line: files
        .filter(({ info }) => info === slave)
        .map(({ file }) => images.own.file(file.id)?.line)
        .find((line) => line !== undefined),
      masterNumber: serviceDescriptors.reserve(`master of /dev/pts/${index}`),
      slaveNumber: serviceDescriptors.reserve(`slave /dev/pts/${index}`),
    };
  });
}

/** In packet mode, a read begins with a status byte that nobody wrote. It is 0 before data; other reads have no data. */
function withoutStatus(queue: Uint8Array | undefined): Uint8Array | undefined {
  const data = queue?.subarray(queue.indexOf(0) + 1);
  return queue?.includes(0) === true && data !== undefined && data.length > 0 ? data : undefined;
}

function modeOf({ images }: Plan, { file: { regf_id } }: TtyFile): number | undefined {
  const mode = regf_id === undefined ? undefined : images.files.get(regf_id)?.reg?.mode;
  return mode === undefined ? undefined : mode & PERMISSIONS;
}

/** The path at which the master was opened, or else `ptmx` beside the slave. */
function ptmxOf(plan: Plan, master: TtyFile | undefined, slave: TtyFile | undefined): string {
  const path = master === undefined ? undefined : pathOf(plan, master);
  if (path !== undefined) return path;
  const beside = slave === undefined ? undefined : pathOf(plan, slave);
  return beside === undefined ? "/dev/ptmx" : `${beside.slice(0, beside.lastIndexOf("/"))}/ptmx`;
}

/** The end whose entry has the settings of the pair. */
export function settingsOf({ master, slave }: Pseudoterminal): TtyInfoEntry | undefined {
  return slave !== undefined && !isHungUp(slave) ? slave : master;
}

/** Whether the slave is open during the restore. A slave that was never opened must stay so: its first opening changes the master's behavior. */
export function hasSlave({ master, slave }: Pseudoterminal): boolean {
  return slave !== undefined || (master?.sid ?? 0) !== 0;
}

/** Whether the master was outside the tree. */
export function isOrphan({ master, slave }: Pseudoterminal): boolean {
  return master === undefined && slave !== undefined && !isHungUp(slave);
}

/** How many masters must be opened in each devpts to get all numbers: the kernel assigns the lowest free one. */
export function countNumbers(plan: Plan, pairs: readonly Pseudoterminal[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const ptmx of new Set(pairs.map((pair) => pair.ptmx))) {
    counts.set(
      ptmx,
      countFree(
        plan,
        pairs.filter((pair) => pair.ptmx === ptmx),
      ),
    );
  }
  return counts;
}

function countFree(plan: Plan, pairs: readonly Pseudoterminal[]): number {
  const limit = Number(plan.host.readText("/proc/sys/kernel/pty/max") ?? MOST_TERMINALS);
  for (const { index } of pairs.filter(({ index }) => index >= limit)) {
    const why = `this machine has at most ${limit} terminals`;
    const hint = "set kernel.pty.max with sysctl";
    plan.refuse({ what: `terminal /dev/pts/${index}`, why, hint, remedy: "machine" });
  }
  const highest = Math.max(...pairs.map(({ index }) => Math.min(index, limit)));
  // The tree's own devpts is empty.
  if (hasOwnNamespace(plan.images, plan.tree.root, "mount")) return highest + 1;
  const isTaken = (index: number) => typeof plan.host.stat(`/dev/pts/${index}`) === "object";
  for (const { index } of pairs) {
    if (!isTaken(index)) continue;
    const hint = "close the terminal that has it";
    plan.refuse({ what: `terminal /dev/pts/${index}`, why: "its number is in use", hint, remedy: "machine" });
  }
  return Array.from({ length: highest + 1 }, (_, index) => index).filter((index) => !isTaken(index)).length;
}

/**
 * Makes pairs with their numbers: opens one master for every free number up to the highest one, and closes those that are not needed.
 *
 * @param opened pairs whose masters are open already.
 */
export async function makePairs(
  task: Task,
  pairs: readonly Pseudoterminal[],
  counts: ReadonlyMap<string, number>,
  opened: ReadonlySet<Pseudoterminal>,
): Promise<void> {
  for (const [ptmx, count] of counts) {
    const wanted = pairs.filter((pair) => pair.ptmx === ptmx && !opened.has(pair));
    const taken = pairs.filter((pair) => pair.ptmx === ptmx && opened.has(pair)).length;
    const masters = await openMasters(task, [AT_FDCWD, ptmx], count - taken);
    for (const pair of wanted) task.place(takeMaster(masters, pair.index), pair.masterNumber, { cloexec: true });
    for (const descriptor of masters.values()) task.call.close(descriptor);
  }
  for (const pair of pairs) setUp(task, pair);
}

/** Makes one pair in a devpts that has none yet. Returns its master. */
export async function openMaster(task: Task, ptmx: PtmxLocation, index: number): Promise<Value> {
  const masters = await openMasters(task, ptmx, index + 1);
  const master = takeMaster(masters, index);
  for (const descriptor of masters.values()) task.call.close(descriptor);
  return master;
}

function takeMaster(masters: Map<number, Value>, index: number): Value {
  const master = masters.get(index);
  if (master === undefined) throw new Error(`Cannot make /dev/pts/${index}: another process has taken its number`);
  masters.delete(index);
  return master;
}

async function openMasters(task: Task, ptmx: PtmxLocation, count: number): Promise<Map<number, Value>> {
  const opened = Array.from({ length: count }, () => {
    const descriptor = task.call.openat(...ptmx, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
    const number = output(4);
    task.call.ioctl(descriptor, TTY.TIOCGPTN, number);
    return { descriptor, number };
  });
  await task.flush();
  return new Map(
    opened.map(({ descriptor, number: { bytes } }) => {
      return [new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), descriptor] as const;
    }),
  );
}

/** Fills the queues of a pair, and then sets its settings, which could change written data. */
function setUp(task: Task, pair: Pseudoterminal): void {
  const { masterNumber, slaveNumber, master, slave } = pair;
  task.call.ioctl(masterNumber, TTY.TIOCSPTLCK, struct([4, 0]));
  if (hasSlave(pair)) {
    const opened = task.call.ioctl(masterNumber, TTY.TIOCGPTPEER, O.RDWR | O.NOCTTY | O.CLOEXEC);
    task.place(opened, slaveNumber, { cloexec: true });
  }
  const settings = settingsOf(pair);
  if (settings !== undefined) {
    fillQueues(task, pair, settings);
    applySettings(task, masterNumber, settings);
  }
  if (master?.packet_mode === true) task.call.ioctl(masterNumber, TTY.TIOCPKT, struct([4, 1]));
  if (slave === undefined) return;
  if (slave.uid !== undefined && slave.gid !== undefined) task.call.fchown(slaveNumber, slave.uid, slave.gid);
  if (pair.mode !== undefined) task.call.fchmod(slaveNumber, pair.mode);
}
