import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { readProcesses } from "@restage/core/dump";
import { fdTypes, ttyType } from "@restage/images";
import { MAJOR, S_IF } from "@restage/linux/abi";
import { ownerOf } from "../files/file-owner/owner-of.ts";
import { inodeOwner } from "../files/inode-owner.ts";
import { regularEntry } from "../files/regular-file/regular-entry.ts";
import { putBack, takeQueue } from "./queues.ts";
import {
  isPacketMode,
  type PseudoterminalEnd,
  pseudoterminalEndOf,
  readSettings,
  sessionLeaderOf,
} from "./terminal.ts";
import { externalName } from "./tty-info.ts";

/** A terminal that the tree has open. */
interface SavedTerminal {
  /** CRIU's number: of pseudoterminals, even for slaves and odd for masters. */
  readonly number: number;
  readonly type: number;
  readonly file: OpenFile;
  readonly descriptor: number;
  readonly session: Session;
  readonly end?: PseudoterminalEnd;
}

/** An end of a pseudoterminal. */
type SavedEnd = SavedTerminal & { readonly end: PseudoterminalEnd };

/** The minor number of /dev/tty. Source: Documentation/admin-guide/devices.txt. */
const CTTY_MINOR = 0;

/** CRIU's numbers of the other terminals: /dev/tty, and the first of those that the restore gets from its caller. */
const CONTROLLING = 2012;
const FIRST_EXTERNAL = 2026;

/** The session id as the tree sees it; 0 for none. */
interface Session {
  readonly sid: number;
  /** The foreground process group. */
  readonly pgrp: number;
}

/** Terminals: settings, size, sessions and queued data. */
export function terminals(): Plugin {
  return definePlugin({
    name: "terminals",
    duty: "terminals",
    phases: {
      inspect: "describes both ends of pseudoterminals, /dev/tty, and external terminals",
      write: "saves queued data",
    },
    dump({ phases, describeFile, filesDescribed }) {
      const terminals = new Map<number, SavedTerminal>();
      const external = new Map<string, number>();
      describeFile.tap("terminals", (file, context) => {
        const found = findTerminal(file, context, external);
        if (found === undefined) return undefined;
        const { number } = found;
        if (!terminals.has(number)) {
          terminals.set(number, found);
          context.images.add("tty_info", undefined, { value: describeTerminal(context, found) });
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
        for (const terminal of terminals.values()) {
          if (isEnd(terminal)) checkEnd(context, terminal, terminals);
          else if (terminal.number === CONTROLLING) checkControlling(context, terminal, terminals);
        }
      });
      phases.write.tree.tap("terminals", (_tree, context) => {
        for (const terminal of terminals.values()) if (isEnd(terminal)) saveQueue(context, terminal, terminals);
      });
    },
  });
}

function isEnd(terminal: SavedTerminal): terminal is SavedEnd {
  return terminal.end !== undefined;
}

/**
 * Finds which terminal a file is; undefined for other files.
 *
 * @param external numbers of the external terminals that were found, by their names.
 */
function findTerminal(file: OpenFile, context: DumpContext, external: Map<string, number>): SavedTerminal | undefined {
  const { descriptor, stat } = file;
  if (descriptor === undefined || (stat.mode & S_IF.MT) !== S_IF.CHR) return undefined;
  const rdev = Number(stat.rdev);
  const name = externalName({ rdev, dev: Number(stat.dev) });
  if (context.options.external.includes(name)) {
    const number = external.get(name) ?? FIRST_EXTERNAL + 2 * external.size;
    external.set(name, number);
    return { number, type: ttyType.EXT_TTY, file, descriptor, session: sessionOfDevice(rdev, undefined, context) };
  }
  if (rdev === ((MAJOR.TTYAUX << 8) | CTTY_MINOR)) {
    const session = { sid: file.task.sid, pgrp: 0 };
    return { number: CONTROLLING, type: ttyType.CTTY, file, descriptor, session };
  }
  const end = pseudoterminalEndOf(context.host, file);
  if (end === undefined) return undefined;
  return {
    number: numberOf(end),
    type: ttyType.PTY,
    file,
    descriptor,
    session: sessionOf(end, descriptor, context),
    end,
  };
}

function numberOf({ index, isMaster }: PseudoterminalEnd): number {
  return 2 * index + (isMaster ? 1 : 0);
}

function describeTerminal(context: DumpContext, { number, type, file, descriptor, session, end }: SavedTerminal) {
  return {
    id: number,
    type,
    ...readSettings(context.host, descriptor),
    ...session,
    rdev: Number(file.stat.rdev),
    dev: Number(file.stat.dev),
    ...inodeOwner(file.proc, context),
    ...(end === undefined ? {} : { pty: { index: end.index } }),
  };
}

function sessionOf({ index, isMaster }: PseudoterminalEnd, descriptor: number, context: DumpContext): Session {
  // Minor numbers above 255 continue in the major number.
  const device = ((MAJOR.UNIX98_PTY_SLAVE + (index >> 8)) << 8) | (index & 0xff);
  return sessionOfDevice(device, isMaster ? descriptor : undefined, context);
}

/**
 * The session and foreground group of a terminal, found through a process whose controlling terminal it is.
 *
 * @param master a descriptor of its master, if it is one.
 */
function sessionOfDevice(device: number, master: number | undefined, context: DumpContext): Session {
  const members = [...readProcesses(context.host)].filter(({ terminal }) => terminal === device);
  for (const { pid, foreground } of members) {
    const own = context.tree.tasks.find(({ hostPid }) => hostPid === pid);
    if (own === undefined) continue;
    const group = context.tree.tasks.find(({ hostPid }) => hostPid === foreground);
    return { sid: own.sid, pgrp: group?.pgid ?? Math.max(0, foreground) };
  }
  // Terminals of different devpts mounts can have the same number, so a process outside the tree may have a different terminal.
  const sid = master === undefined ? members[0]?.session : sessionLeaderOf(context.host, master);
  const foreground = members.find(({ session }) => session === sid)?.foreground ?? 0;
  return { sid: sid ?? 0, pgrp: Math.max(0, foreground) };
}

function checkEnd(context: DumpContext, terminal: SavedEnd, all: ReadonlyMap<number, SavedTerminal>): void {
  if (context.options.shellJob) return;
  const { file, end, session } = terminal;
  const what = `terminal ${file.link}`;
  const { pid } = file.task;
  const hasMaster =
    end.isMaster || all.has(numberOf({ index: end.index, isMaster: true })) || isHungUp(context, terminal);
  const hasLeader = session.sid === 0 || isLedInside(context, session.sid);
  if (hasMaster && !hasLeader) {
    const why = `it is the terminal of session ${session.sid}, whose leader is outside the tree`;
    context.findings.refuse({ what, why, pid });
  }
  if (hasMaster || (context.options.orphanPtsMaster && session.sid !== 0 && hasLeader)) return;
  const why = "the master of this terminal is outside the tree";
  context.findings.refuse({ what, why, hint: DETACH, pid });
}

const DETACH = "start the tree with setsid(1) and without descriptors of a terminal, or pass --shell-job";

/** Refuses /dev/tty if the restored session would have no controlling terminal. */
function checkControlling(
  context: DumpContext,
  { file, session }: SavedTerminal,
  all: ReadonlyMap<number, SavedTerminal>,
): void {
  const isRestored = [...all.values()].some(
    ({ number, session: { sid } }) => number !== CONTROLLING && sid === session.sid,
  );
  if (isRestored || (context.options.shellJob && !isLedInside(context, session.sid))) return;
  const why = "the terminal that it leads to is not open in the tree";
  context.findings.refuse({ what: `terminal ${file.link}`, why, hint: DETACH, pid: file.task.pid });
}

function isLedInside({ tree }: DumpContext, sid: number): boolean {
  return tree.alive.some((task) => task.pid === sid && task.sid === sid);
}

/** Whether its master was closed. Then it has no settings. */
function isHungUp({ host }: DumpContext, { descriptor }: SavedTerminal): boolean {
  return !("termios" in readSettings(host, descriptor));
}

/** Saves the queued data if the tree has both ends; otherwise a process outside will read it. */
function saveQueue(context: DumpContext, terminal: SavedEnd, all: ReadonlyMap<number, SavedTerminal>): void {
  const { end, descriptor, number, file } = terminal;
  const other = all.get(numberOf({ index: end.index, isMaster: !end.isMaster }));
  if (other === undefined) return;
  const [master, slave] = end.isMaster ? [terminal, other] : [other, terminal];
  const ends = { master: master.descriptor, slave: slave.descriptor };
  const of = end.isMaster ? "master" : "slave";
  const queue = takeQueue(context.host, ends, of);
  const { bytes, line } = queue;
  if (bytes.length === 0 && line.length === 0) return;
  // At once, while all who could read it are stopped: what has been read would be lost with this process.
  putBack(context.host, ends, of, queue);
  if (line.length > 0) context.own.file(file.id).line = line;
  if (bytes.length === 0) return;
  // CRIU saves what it reads: in packet mode, a status byte comes first.
  const data = end.isMaster && isPacketMode(context.host, descriptor) ? Uint8Array.of(0, ...bytes) : bytes;
  context.images.add("tty_data", undefined, { value: { tty_id: number, data } });
}
