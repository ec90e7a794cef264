import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { readProcesses } from "@restage/core/dump";
import { fdTypes, ttyType } from "@restage/images";
import { MAJOR } from "@restage/linux/abi";
import { ownerOf } from "../files/file-owner/owner-of.ts";
import { inodeOwner } from "../files/inode-owner.ts";
import { regularEntry } from "../files/regular-file/regular-entry.ts";
import { type PseudoTerminal, pseudoTerminalOf, putBack, readSettings, takeQueue } from "./terminal.ts";

/** An end of a pseudoterminal that the tree has open. */
interface SavedEnd extends PseudoTerminal {
  readonly file: OpenFile;
  readonly descriptor: number;
}

/** Pseudoterminals: settings, size, sessions, and what waits to be read. */
export function terminals(): Plugin {
  return definePlugin({
    name: "terminals",
    duty: "terminals",
    dump({ phases, describeFile, filesDescribed }) {
      const ends = new Map<number, SavedEnd>();
      describeFile.tap("terminals", (file, context) => {
        const { descriptor } = file;
        const terminal = pseudoTerminalOf(context.host, file);
        if (terminal === undefined || descriptor === undefined) return undefined;
        const number = numberOf(terminal);
        if (!ends.has(number)) {
          ends.set(number, { ...terminal, file, descriptor });
          context.images.add("tty_info", undefined, { value: describeEnd(context, file, descriptor, terminal) });
        }
        const path = context.files.addEntry(file.task, (id) => ({
          type: fdTypes.REG,
          reg: regularEntry(file, context, id),
        }));
        const { id, flags } = file;
        const tty = { id, tty_info_id: number, flags, fown: ownerOf(file, context), regf_id: path };
        return { type: fdTypes.TTY, tty };
      });
      filesDescribed.tap("terminals", (_tree, context) => {
        for (const end of ends.values()) checkOtherEnd(context, end, ends);
      });
      phases.write.tree.tap("terminals", (_tree, context) => {
        for (const end of ends.values()) saveQueue(context, end, ends);
      });
    },
  });
}

/** As CRIU numbers them: slaves even, masters odd. */
function numberOf({ index, isMaster }: PseudoTerminal): number {
  return 2 * index + (isMaster ? 1 : 0);
}

function describeEnd(context: DumpContext, file: OpenFile, descriptor: number, terminal: PseudoTerminal) {
  return {
    id: numberOf(terminal),
    type: ttyType.PTY,
    ...readSettings(context.host, descriptor),
    ...sessionOf(terminal, context),
    rdev: Number(file.stat.rdev),
    dev: Number(file.stat.dev),
    ...inodeOwner(file.proc, context),
    pty: { index: terminal.index },
  };
}

/** Session and foreground group of the terminal, by whoever has it for its controlling terminal; as the tree sees them. */
function sessionOf({ index }: PseudoTerminal, context: DumpContext): { readonly sid: number; readonly pgrp: number } {
  // Minor numbers above 255 are in the upper bits of the number of the device.
  const device = ((MAJOR.UNIX98_PTY_SLAVE + (index >> 8)) << 8) | (index & 0xff);
  for (const { pid, session, terminal, foreground } of readProcesses(context.host)) {
    if (terminal !== device) continue;
    const own = context.tree.tasks.find(({ hostPid }) => hostPid === pid);
    if (own === undefined) return { sid: session, pgrp: Math.max(0, foreground) };
    const group = context.tree.tasks.find(({ hostPid }) => hostPid === foreground);
    return { sid: own.sid, pgrp: group?.pgid ?? Math.max(0, foreground) };
  }
  return { sid: 0, pgrp: 0 };
}

function checkOtherEnd(context: DumpContext, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  if (end.isMaster || context.options.shellJob) return;
  if (ends.has(numberOf({ index: end.index, isMaster: true }))) return;
  const why = "the master of this terminal is outside the tree";
  const hint = "start the tree without a terminal (setsid, no descriptors of it), or allow it with --shell-job";
  context.findings.refuse({ what: `terminal ${end.file.link}`, why, hint, pid: end.file.task.pid });
}

/** Only where both ends are there: else it is read by somebody outside. */
function saveQueue(context: DumpContext, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  const other = ends.get(numberOf({ index: end.index, isMaster: !end.isMaster }));
  if (other === undefined) return;
  const data = takeQueue(context.host, end.descriptor);
  if (data.length === 0) return;
  context.images.add("tty_data", undefined, { value: { tty_id: numberOf(end), data } });
  const slave = end.isMaster ? other.descriptor : end.descriptor;
  context.onResume(() => putBack(context.host, slave, other.descriptor, data));
}
