import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { readProcesses } from "@restage/core/dump";
import { fdTypes, ttyType } from "@restage/images";
import { MAJOR } from "@restage/linux/abi";
import { ownerOf } from "../files/file-owner/owner-of.ts";
import { inodeOwner } from "../files/inode-owner.ts";
import { regularEntry } from "../files/regular-file/regular-entry.ts";
import {
  type PseudoterminalEnd,
  pseudoterminalEndOf,
  putBack,
  readSettings,
  sessionLeaderOf,
  takeQueue,
} from "./terminal.ts";

/** An end of a pseudoterminal that the tree has open. */
interface SavedEnd extends PseudoterminalEnd {
  readonly file: OpenFile;
  readonly descriptor: number;
  readonly session: Session;
}

/** The session id as the tree sees it; 0 for none. */
interface Session {
  readonly sid: number;
  /** The foreground process group. */
  readonly pgrp: number;
}

/** Pseudoterminals: settings, size, sessions and queued data. */
export function terminals(): Plugin {
  return definePlugin({
    name: "terminals",
    duty: "terminals",
    phases: {
      inspect: "describes both ends of pseudoterminals",
      write: "saves queued data",
    },
    dump({ phases, describeFile, filesDescribed }) {
      const ends = new Map<number, SavedEnd>();
      describeFile.tap("terminals", (file, context) => {
        const { descriptor } = file;
        const terminal = pseudoterminalEndOf(context.host, file);
        if (terminal === undefined || descriptor === undefined) return undefined;
        const number = numberOf(terminal);
        if (!ends.has(number)) {
          const end = { ...terminal, file, descriptor, session: sessionOf(terminal, descriptor, context) };
          ends.set(number, end);
          context.images.add("tty_info", undefined, { value: describeEnd(context, end) });
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
        for (const end of ends.values()) checkEnd(context, end, ends);
      });
      phases.write.tree.tap("terminals", (_tree, context) => {
        for (const end of ends.values()) saveQueue(context, end, ends);
      });
    },
  });
}

/** CRIU's number of an end: even for slaves, odd for masters. */
function numberOf({ index, isMaster }: PseudoterminalEnd): number {
  return 2 * index + (isMaster ? 1 : 0);
}

function describeEnd(context: DumpContext, { file, descriptor, session, ...terminal }: SavedEnd) {
  return {
    id: numberOf(terminal),
    type: ttyType.PTY,
    ...readSettings(context.host, descriptor),
    ...session,
    rdev: Number(file.stat.rdev),
    dev: Number(file.stat.dev),
    ...inodeOwner(file.proc, context),
    pty: { index: terminal.index },
  };
}

/** The session and foreground group of a terminal, found through a process whose controlling terminal it is. */
function sessionOf({ index, isMaster }: PseudoterminalEnd, descriptor: number, context: DumpContext): Session {
  // Minor numbers above 255 continue in the major number.
  const device = ((MAJOR.UNIX98_PTY_SLAVE + (index >> 8)) << 8) | (index & 0xff);
  const members = [...readProcesses(context.host)].filter(({ terminal }) => terminal === device);
  for (const { pid, foreground } of members) {
    const own = context.tree.tasks.find(({ hostPid }) => hostPid === pid);
    if (own === undefined) continue;
    const group = context.tree.tasks.find(({ hostPid }) => hostPid === foreground);
    return { sid: own.sid, pgrp: group?.pgid ?? Math.max(0, foreground) };
  }
  // Terminals of different devpts mounts can have the same number, so a process outside the tree may have a different terminal.
  const sid = isMaster ? sessionLeaderOf(context.host, descriptor) : members[0]?.session;
  const foreground = members.find(({ session }) => session === sid)?.foreground ?? 0;
  return { sid: sid ?? 0, pgrp: Math.max(0, foreground) };
}

function checkEnd(context: DumpContext, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  if (context.options.shellJob) return;
  const what = `terminal ${end.file.link}`;
  const { pid } = end.file.task;
  const { sid } = end.session;
  const hasMaster = end.isMaster || ends.has(numberOf({ index: end.index, isMaster: true }));
  const hasLeader = sid === 0 || context.tree.alive.some((task) => task.pid === sid && task.sid === sid);
  if (hasMaster && !hasLeader) {
    const why = `it is the terminal of session ${sid}, whose leader is outside the tree`;
    context.findings.refuse({ what, why, pid });
  }
  if (hasMaster || (context.options.orphanPtsMaster && sid !== 0 && hasLeader)) return;
  const why = "the master of this terminal is outside the tree";
  const hint = "start the tree with setsid(1) and without descriptors of a terminal, or pass --shell-job";
  context.findings.refuse({ what, why, hint, pid });
}

/** Saves the queued data if the tree has both ends; otherwise a process outside will read it. */
function saveQueue(context: DumpContext, end: SavedEnd, ends: ReadonlyMap<number, SavedEnd>): void {
  const other = ends.get(numberOf({ index: end.index, isMaster: !end.isMaster }));
  if (other === undefined) return;
  const data = takeQueue(context.host, end.descriptor);
  if (data.length === 0) return;
  context.images.add("tty_data", undefined, { value: { tty_id: numberOf(end), data } });
  const slave = end.isMaster ? other.descriptor : end.descriptor;
  context.onResume(() => putBack(context.host, slave, other.descriptor, data));
}
