import { definePlugin, type Plugin, type StageContext, struct, type Task } from "@restage/core";
import { AT_FDCWD, F, O, SETTABLE_FLAGS, TTY } from "@restage/linux/abi";
import { takeNumber } from "../files/take-descriptor.ts";
import { readBoundSlaves } from "./bound-slaves.ts";
import { Foreground } from "./callers-foreground.ts";
import { keepSettings, openInStub } from "./callers-terminals.ts";
import { controlledBy } from "./controlling-terminals.ts";
import { openDevice } from "./devices.ts";
import { lockSettings } from "./locked-settings.ts";
import { MountedTerminals } from "./mounted-terminals.ts";
import { countNumbers, isOrphan, makePairs, openMaster, type Pseudoterminal } from "./pseudoterminals.ts";
import { readTerminals, type Terminals } from "./read-terminals.ts";
import { applySettings } from "./settings.ts";
import { isSlave, TTY_TYPE } from "./tty-info.ts";

/** Takes the terminal even from another session that it controls. Requires CAP_SYS_ADMIN. Source: ioctl_tty(2). */
const STEAL = 1;

/**
 * Terminals. ROOT_TASK: the stub opens those of this process that replace terminals of the checkpoint. FORKING: the root task makes pseudoterminals with
 * their numbers, queues and settings, as descriptors that all tasks inherit; session leaders take their controlling terminals before they fork, so that
 * their children have them too. RESTORE: tasks open their files. RESTORE_SIGCHLD: all process groups exist, and one is moved to the foreground.
 */
export function terminals(): Plugin {
  return definePlugin({
    name: "terminals",
    duty: "terminals",
    provides: [MountedTerminals],
    stages: {
      ROOT_TASK: "opens terminals of the caller (--shell-job, --inherit-fd)",
      FORKING:
        "the root task makes pseudoterminals, session leaders take their controlling terminals, and plugins take masters that were outside the tree",
      RESTORE: "opens terminals",
      RESTORE_SIGCHLD: "sets foreground groups, locks, exclusive mode, and the settings of the caller's terminals",
    },
    apply({ plan, stages, openFile, orphanMaster, abort, provide }) {
      let terminals: Terminals = { files: new Map(), pairs: [], callers: new Map(), devices: new Map() };
      let boundSlaves: ReturnType<typeof readBoundSlaves> = new Map();
      let counts: ReadonlyMap<string, number> = new Map();
      let root: Task | undefined;
      const foreground = new Foreground();
      const opened = new Set<Pseudoterminal>();
      provide(MountedTerminals, {
        async open(task, ptmx, index) {
          const master = await openMaster(task, ptmx, index);
          const pair = terminals.pairs.find((pair) => pair.index === index);
          if (pair === undefined) return master;
          task.place(master, pair.masterNumber, { cloexec: true });
          opened.add(pair);
          return undefined;
        },
      });
      plan.tap("terminals", (plan) => {
        terminals = readTerminals(plan, orphanMaster.taps.length > 0);
        boundSlaves = readBoundSlaves(plan, terminals.files);
        counts = countNumbers(plan, terminals.pairs);
        root = plan.tree.root;
      });
      stages.ROOT_TASK.enter.tap({ name: "terminals", before: "init" }, ({ stub, host, options }) => {
        for (const terminal of terminals.callers.values()) {
          openInStub(stub, host, terminal, options);
          keepSettings(host, terminal);
        }
      });
      stages.FORKING.task.tapPromise({ name: "terminals", before: "children-of-older-session" }, async (task) => {
        if (task === root && terminals.pairs.length > 0) await makePairs(task, terminals.pairs, counts, opened);
      });
      stages.FORKING.task.tap({ name: "controlling-terminals", before: "children" }, (task) => {
        const controlling = controlledBy(task, terminals);
        if (controlling === undefined) return;
        const { device, number } = controlling;
        if (device !== undefined) task.place(openDevice(task, device, O.RDWR), number, { cloexec: true });
        task.call.ioctl(number, TTY.TIOCSCTTY, STEAL);
      });
      stages.FORKING.leave.tapPromise("terminals", async (context) => {
        if (context.dryRun) return;
        for (const pair of terminals.pairs.filter(isOrphan)) {
          const master = takeNumber(context.host, context.tree.root.hostPid, pair.masterNumber);
          await orphanMaster.promise(master, context).finally(() => context.host.call.close(master));
        }
      });
      openFile.for("TTY").tap("terminals", ({ task, entry: { tty } }) => {
        const terminal = tty === undefined ? undefined : terminals.files.get(tty.id);
        if (tty === undefined || terminal === undefined) return undefined;
        const flags = tty.flags | O.NOCTTY;
        const { info } = terminal;
        const callers = terminals.callers.get(info.id);
        // Without O_CLOEXEC, which some of these calls would keep among the file's status flags.
        if (callers !== undefined) return task.call.openat(...callers.link, flags, 0);
        if (info.type === TTY_TYPE.CTTY) return task.call.openat(AT_FDCWD, "/dev/tty", flags, 0);
        const device = terminals.devices.get(info.id);
        if (device !== undefined) {
          const opened = openDevice(task, device, tty.flags);
          applySettings(task, opened, info);
          return opened;
        }
        const pair = terminals.pairs.find(({ index }) => index === info.pty?.index);
        if (pair === undefined) return undefined;
        const bound = boundSlaves.get(tty.id);
        if (bound !== undefined) return task.call.openat(...bound(task), flags, 0);
        if (isSlave(info)) return task.call.ioctl(pair.masterNumber, TTY.TIOCGPTPEER, flags);
        // A master is opened only once: all its descriptors share one open file description.
        const master = task.call.fcntl(pair.masterNumber, F.DUPFD_CLOEXEC, 0);
        task.call.fcntl(master, F.SETFL, tty.flags & SETTABLE_FLAGS);
        return master;
      });
      stages.RESTORE_SIGCHLD.enter.tap("terminals", ({ host }: StageContext) => foreground.keep(host, terminals));
      stages.RESTORE_SIGCHLD.task.tap("terminals", (task) => {
        const controlling = controlledBy(task, terminals);
        if (controlling !== undefined && controlling.info.pgrp !== 0) {
          // The foreground process group may have no members left.
          const group = struct([4, controlling.info.pgrp]);
          task.call.ioctl(controlling.number, TTY.TIOCSPGRP, group).allow("ESRCH");
        }
        if (task !== root) return;
        for (const { info, number } of terminals.callers.values()) applySettings(task, number, info);
        foreground.take(task, terminals);
        for (const pair of terminals.pairs) {
          const { master, slave, masterNumber, slaveNumber } = pair;
          if (slave?.exclusive === true) task.call.ioctl(slaveNumber, TTY.TIOCEXCL, 0);
          if (master?.exclusive === true) task.call.ioctl(masterNumber, TTY.TIOCEXCL, 0);
          if (master?.locked === true) task.call.ioctl(masterNumber, TTY.TIOCSPTLCK, struct([4, 1]));
        }
      });
      stages.RESTORE_SIGCHLD.leave.tap("terminals", ({ host, tree }) => lockSettings(host, tree, terminals));
      abort.tap("terminals", () => foreground.giveBack());
    },
  });
}
