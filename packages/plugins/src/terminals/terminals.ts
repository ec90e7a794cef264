import { definePlugin, output, type Plan, type RestorePlugin, struct, type Task } from "@restage/core";
import { AT_FDCWD, F, O, SETTABLE_FLAGS, TTY } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { isSlave, type Pseudoterminal, readTerminals, type Terminals, TTY_TYPE } from "./pseudoterminals.ts";
import { setUp } from "./settings.ts";

const PTMX = "/dev/ptmx";

/**
 * Pseudoterminals. FORKING: the root task makes the pairs, with their numbers, queues and settings, under numbers that all tasks inherit; then the
 * leader of a session takes its controlling terminal before it forks, so that its children have it too. RESTORE: files are opened of them.
 * RESTORE_SIGCHLD: when all groups are there, one comes to the foreground.
 */
export function terminals(): RestorePlugin {
  return definePlugin({
    name: "terminals",
    duty: "terminals",
    stages: {
      FORKING: "the root task makes pseudoterminals; leaders of sessions take their controlling terminals",
      RESTORE: "opens masters and slaves",
      RESTORE_SIGCHLD: "foreground groups, locks, exclusive mode",
    },
    supports: [
      {
        group: "terminals",
        what: "pseudoterminals",
        restored:
          "number, settings, window size, queued input and output, controlling terminal and foreground group; /dev/tty",
        refused: "terminals of a shell (--shell-job), consoles, serial lines",
        kernel: "CONFIG_UNIX98_PTYS",
        shownBy: ["fixture pty"],
      },
    ],
    apply({ plan, stages, openFile }) {
      let terminals: Terminals = { pairs: [], files: new Map() };
      let root: Task | undefined;
      let free = 0;
      plan.tap("terminals", (plan) => {
        terminals = readTerminals(plan);
        root = plan.tree.root;
        free = checkNumbers(plan, terminals.pairs);
      });
      stages.FORKING.task.tapPromise({ name: "terminals", before: "children-of-older-session" }, async (task) => {
        if (task === root && terminals.pairs.length > 0) await makePairs(task, terminals.pairs, free);
      });
      stages.FORKING.task.tap({ name: "controlling-terminals", before: "children" }, (task) => {
        const pair = controlledBy(task, terminals.pairs);
        if (pair !== undefined) task.call.ioctl(pair.slaveNumber, TTY.TIOCSCTTY, 0);
      });
      openFile.for("TTY").tap("terminals", ({ task, entry: { tty } }) => {
        const terminal = tty === undefined ? undefined : terminals.files.get(tty.id);
        if (tty === undefined || terminal === undefined) return undefined;
        const flags = tty.flags | O.NOCTTY;
        if (terminal.info.type === TTY_TYPE.CTTY) return task.call.openat(AT_FDCWD, "/dev/tty", flags | O.CLOEXEC, 0);
        const pair = terminals.pairs.find(({ index }) => index === terminal.info.pty?.index);
        if (pair === undefined) return undefined;
        // Not close-on-exec: this call would leave that among the flags of the file.
        if (isSlave(terminal.info)) return task.call.ioctl(pair.masterNumber, TTY.TIOCGPTPEER, flags);
        // A master is open only once: all descriptors of it share one description.
        const master = task.call.fcntl(pair.masterNumber, F.DUPFD_CLOEXEC, 0);
        task.call.fcntl(master, F.SETFL, tty.flags & SETTABLE_FLAGS);
        return master;
      });
      stages.RESTORE_SIGCHLD.task.tap("terminals", (task) => {
        const pair = controlledBy(task, terminals.pairs);
        if (pair !== undefined && pair.slave.pgrp !== 0) {
          task.call.ioctl(pair.slaveNumber, TTY.TIOCSPGRP, struct([4, pair.slave.pgrp]));
        }
        if (task !== root) return;
        for (const { master, slave, masterNumber, slaveNumber } of terminals.pairs) {
          if (slave.exclusive) task.call.ioctl(slaveNumber, TTY.TIOCEXCL, 0);
          if (master.locked) task.call.ioctl(masterNumber, TTY.TIOCSPTLCK, struct([4, 1]));
        }
      });
    },
  });
}

function controlledBy(task: Task, pairs: readonly Pseudoterminal[]): Pseudoterminal | undefined {
  if (!task.survives || task.sid !== task.pid) return undefined;
  return pairs.find(({ slave }) => slave.sid === task.sid);
}

/** The kernel gives the lowest number that is free: as many are opened as are free up to the highest that is wanted. Returns how many. */
function checkNumbers(plan: Plan, pairs: readonly Pseudoterminal[]): number {
  const highest = Math.max(-1, ...pairs.map(({ index }) => index));
  // A devpts of the tree's own is empty.
  if (hasOwnNamespace(plan.checkpoint, plan.tree.root, "mount")) return highest + 1;
  const isTaken = (index: number) => typeof plan.host.stat(`/dev/pts/${index}`) === "object";
  for (const { index } of pairs) {
    if (!isTaken(index)) continue;
    const hint = "end the terminal that has it, or restore the tree with a mount namespace of its own";
    plan.refuse({ what: `terminal /dev/pts/${index}`, why: "its number is taken", hint });
  }
  return Array.from({ length: highest + 1 }, (_, index) => index).filter((index) => !isTaken(index)).length;
}

async function makePairs(task: Task, pairs: readonly Pseudoterminal[], count: number): Promise<void> {
  const opened = Array.from({ length: count }, () => {
    const descriptor = task.call.openat(AT_FDCWD, PTMX, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
    const number = output(4);
    task.call.ioctl(descriptor, TTY.TIOCGPTN, number);
    return { descriptor, number };
  });
  await task.flush();
  const byIndex = new Map(
    opened.map(({ descriptor, number }) => {
      const { bytes } = number;
      return [new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), descriptor] as const;
    }),
  );
  for (const pair of pairs) {
    const master = byIndex.get(pair.index);
    if (master === undefined) throw new Error(`Cannot make /dev/pts/${pair.index}: its number was taken meanwhile`);
    byIndex.delete(pair.index);
    task.place(master, pair.masterNumber, { cloexec: true });
    task.call.ioctl(pair.masterNumber, TTY.TIOCSPTLCK, struct([4, 0]));
    const slave = task.call.ioctl(pair.masterNumber, TTY.TIOCGPTPEER, O.RDWR | O.NOCTTY | O.CLOEXEC);
    task.place(slave, pair.slaveNumber, { cloexec: true });
    setUp(task, pair);
  }
  for (const descriptor of byIndex.values()) task.call.close(descriptor);
}
