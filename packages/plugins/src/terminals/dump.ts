import { statSync } from "node:fs";
import { fdTypes, ttyType } from "@restage/images";
import { readProcesses } from "@restage/linux";
import { ownerOf, ownersOf } from "../files/file-owner/dump.ts";
import type { OpenFile } from "@restage/core";
import { regularEntry } from "../files/regular-file/dump.ts";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import type { FrozenTree } from "@restage/core";
import { type PseudoTerminal, pseudoTerminalOf, putBack, readSettings, takeQueue } from "./terminal.ts";

/** An end of a pseudoterminal that the tree has open. */
interface SavedEnd extends PseudoTerminal {
  readonly file: OpenFile;
  readonly descriptor: number;
}

/** Pseudoterminals: settings, size, sessions, and what waits to be read. */
export function terminals(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "terminals",
    duty: "terminals",
    saves: [
      {
        group: "terminals",
        what: "pseudoterminals",
        saved: "both ends, window size, modes, queues, controlling terminals",
        refused: "terminals with an end outside the tree, /dev/tty, consoles",
        shownBy: ["fixture pty"],
      },
    ],
    apply({ describeFile, described, write }) {
      const ends = new Map<number, SavedEnd>();
      describeFile.tap("terminals", (file, tree) => {
        const { descriptor } = file;
        const terminal = pseudoTerminalOf(tree.host, file);
        if (terminal === undefined || descriptor === undefined) return undefined;
        const number = numberOf(terminal);
        if (!ends.has(number)) {
          ends.set(number, { ...terminal, file, descriptor });
          tree.images.add("tty_info", undefined, { value: describeEnd(tree, file, descriptor, terminal) });
        }
        const path = tree.files.addEntry(file.task, (id) => ({ type: fdTypes.REG, reg: regularEntry(file, tree, id) }));
        const { id, flags } = file;
        const tty = { id, tty_info_id: number, flags, fown: ownerOf(file, tree), regf_id: path };
        return { type: fdTypes.TTY, tty };
      });
      described.tap("terminals", (tree) => {
        for (const end of ends.values()) checkOtherEnd(tree, end, ends);
      });
      write.tree.tap("terminals", (tree) => {
        for (const end of ends.values()) saveQueue(tree, end, ends);
      });
    },
  });
}

/** As CRIU numbers them: slaves even, masters odd. */
function numberOf({ index, isMaster }: PseudoTerminal): number {
  return 2 * index + (isMaster ? 1 : 0);
}

function describeEnd(tree: FrozenTree, file: OpenFile, descriptor: number, terminal: PseudoTerminal) {
  const { dev } = statSync(file.proc);
  return {
    id: numberOf(terminal),
    type: ttyType.PTY,
    ...readSettings(tree.host, descriptor),
    ...sessionOf(terminal, tree),
    rdev: Number(file.stat.rdev),
    dev,
    ...ownersOf(file.proc, tree),
    pty: { index: terminal.index },
  };
}

/** Session and foreground group of the terminal, by whoever has it for its controlling terminal; as the tree sees them. */
function sessionOf({ index }: PseudoTerminal, tree: FrozenTree): { readonly sid: number; readonly pgrp: number } {
  // Minor numbers above 255 are in the upper bits of the number of the device.
  const device = ((136 + (index >> 8)) << 8) | (index & 0xff);
  for (const { pid, session, terminal, foreground } of readProcesses()) {
    if (terminal !== device) continue;
    const own = tree.tasks.find(({ hostPid }) => hostPid === pid);
    if (own === undefined) return { sid: session, pgrp: Math.max(0, foreground) };
    const group = tree.tasks.find(({ hostPid }) => hostPid === foreground);
    return { sid: own.sid, pgrp: group?.pgid ?? Math.max(0, foreground) };
  }
  return { sid: 0, pgrp: 0 };
}

function checkOtherEnd(tree: FrozenTree, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  if (end.isMaster || tree.options.shellJob) return;
  if (ends.has(numberOf({ index: end.index, isMaster: true }))) return;
  const why = "the master of this terminal is outside the tree";
  const hint = "start the tree without a terminal (setsid, no descriptors of it), or allow it with --shell-job";
  tree.findings.refuse({ what: `terminal ${end.file.link}`, why, hint, pid: end.file.task.pid });
}

/** Only where both ends are there: else it is read by somebody outside. */
function saveQueue(tree: FrozenTree, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  const other = ends.get(numberOf({ index: end.index, isMaster: !end.isMaster }));
  if (other === undefined) return;
  const data = takeQueue(tree.host, end.descriptor);
  if (data.length === 0) return;
  tree.images.add("tty_data", undefined, { value: { tty_id: numberOf(end), data } });
  const slave = end.isMaster ? other.descriptor : end.descriptor;
  tree.onSurvival(() => putBack(tree.host, slave, other.descriptor, data));
}
