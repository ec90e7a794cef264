import type { Plan } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { type CallersTerminal, handOver, hasControllingTerminal, takeStandardInput } from "./callers-terminals.ts";
import { type Device, readDevice } from "./devices.ts";
import { type Pseudoterminal, readPairs } from "./pseudoterminals.ts";
import { externalName, isHungUp, isSlave, nameOf, TTY_TYPE, type TtyFile } from "./tty-info.ts";

/** The terminals of a checkpoint. */
export interface Terminals {
  /** Open terminals by the ids of their files. */
  readonly files: ReadonlyMap<number, TtyFile>;
  /** Pseudoterminals to make. */
  readonly pairs: readonly Pseudoterminal[];
  /** Terminals that this process provides, by the ids of their infos. */
  readonly callers: ReadonlyMap<number, CallersTerminal>;
  /** Terminals that are opened by their paths, such as consoles and serial lines, by the ids of their infos. */
  readonly devices: ReadonlyMap<number, Device>;
}

/**
 * Reads terminals, and refuses those that cannot be made or replaced here.
 *
 * @param takesMasters whether a plugin takes the masters of terminals whose own are not in the checkpoint.
 */
export function readTerminals(plan: Plan, takesMasters: boolean): Terminals {
  const files = readFiles(plan);
  const infos = [...new Set([...files.values()].map(({ info }) => info))];
  const callers = new Map<number, CallersTerminal>();
  const devices = new Map<number, Device>();
  const masters = new Set(infos.flatMap((info) => (isMaster(info) ? [info.pty?.index] : [])));
  const ptys: TtyInfoEntry[] = [];
  for (const info of infos) {
    const descriptor = plan.options.inheritFd[externalName(info)];
    if (descriptor !== undefined) callers.set(info.id, handOver(plan, info, descriptor));
    else if (info.type === TTY_TYPE.EXT_TTY) refuseExternal(plan, info);
    else if (info.type === TTY_TYPE.PTY) {
      const isPaired = !isSlave(info) || masters.has(info.pty?.index) || isHungUp(info);
      if (isPaired || (takesMasters && info.sid !== 0 && !plan.options.shellJob)) ptys.push(info);
      else if (plan.options.shellJob) takeStandardInput(plan, info, callers);
      else refuseShells(plan, info);
    } else if (info.type === TTY_TYPE.CTTY) checkCallers(plan, info);
    else {
      const device = readDevice(plan, info, [...files.values()]);
      if (device !== undefined) devices.set(info.id, device);
    }
  }
  const pairs = readPairs(plan, ptys, [...files.values()]);
  for (const info of [...ptys, ...[...devices.values()].map(({ info }) => info)]) checkSession(plan, info);
  return { files, pairs, callers, devices };
}

function readFiles(plan: Plan): ReadonlyMap<number, TtyFile> {
  const { images } = plan;
  const files = new Map<number, TtyFile>();
  const entries = [...images.files.values()].flatMap(({ tty }) => tty ?? []);
  if (entries.length === 0) return files;
  const infos = new Map(images.values("tty_info").map((info) => [info.id, info]));
  for (const file of entries) {
    const info = infos.get(file.tty_info_id);
    if (info !== undefined) files.set(file.id, { file, info });
    else
      plan.refuse({ what: `terminal ${file.id}`, why: "tty-info.img has no entry for it: the checkpoint is damaged" });
  }
  return files;
}

function isMaster(info: TtyInfoEntry): boolean {
  return info.type === TTY_TYPE.PTY && !isSlave(info);
}

function refuseShells(plan: Plan, info: TtyInfoEntry): void {
  plan.refuse({
    what: nameOf(info),
    why: "its master is not in the checkpoint: it was the terminal of a shell",
    hint: `restore the tree in your terminal with --shell-job (shellJob), or pass another one: --inherit-fd 'fd[N]:${externalName(info)}'`,
    remedy: "options",
  });
}

/** Checks that this process has a controlling terminal for a shell job that opened /dev/tty. */
function checkCallers(plan: Plan, info: TtyInfoEntry): void {
  const { root } = plan.tree;
  if (root.sid === root.pid || hasControllingTerminal(plan.host)) return;
  const why = "it was the terminal of a shell, but this process has no controlling terminal to replace it";
  plan.refuse({ what: nameOf(info), why, hint: "restore in a terminal", remedy: "options" });
}

function refuseExternal(plan: Plan, info: TtyInfoEntry): void {
  const why = "it was external at the checkpoint (--external), so the images do not record it";
  const hint = `pass a terminal: --inherit-fd 'fd[N]:${externalName(info)}'`;
  plan.refuse({ what: `terminal ${externalName(info)}`, why, hint, remedy: "options" });
}

/** Refuses a terminal whose session has no leader: only the leader can take it as controlling terminal. */
function checkSession(plan: Plan, info: TtyInfoEntry): void {
  const { sid } = info;
  if (sid === 0 || isHungUp(info)) return;
  const leader = plan.tree.byPid(sid);
  if (leader?.survives === true && leader.sid === sid) return;
  if (plan.tree.root.sid !== plan.tree.root.pid && leader === undefined) return;
  const why = `it was the terminal of session ${sid}, whose leader is not in the checkpoint`;
  plan.refuse({ what: nameOf(info), why });
}
