import type { Plan } from "@restage/core";
import type { TtyFileEntry, TtyInfoEntry } from "@restage/images";

/** Types of terminals. Source: CRIU images/tty.proto. */
export const TTY_TYPE = { UNKNOWN: 0, PTY: 1, CONSOLE: 2, VT: 3, CTTY: 4, EXT_TTY: 5, SERIAL: 6 } as const;

/** Major numbers of the devices behind slaves. Source: Documentation/admin-guide/devices.txt. */
const FIRST_SLAVE_MAJOR = 136;
const LAST_SLAVE_MAJOR = 143;

/** A pair of master and slave. */
export interface Pseudoterminal {
  /** N of /dev/pts/N. */
  readonly index: number;
  readonly master: TtyInfoEntry;
  /** What the slave is like; the master's own where nobody has the slave open. */
  readonly slave: TtyInfoEntry;
  /** What was written to the slave and not yet read from the master. */
  readonly shown: Uint8Array | undefined;
  /** What was written to the master and not yet read from the slave. */
  readonly typed: Uint8Array | undefined;
  /** Numbers of descriptors of both in every task during the restore. */
  readonly masterNumber: number;
  readonly slaveNumber: number;
}

/** An open terminal. */
export interface TtyFile {
  readonly file: TtyFileEntry;
  readonly info: TtyInfoEntry;
}

/** What the checkpoint has of terminals. */
export interface Terminals {
  readonly pairs: readonly Pseudoterminal[];
  readonly files: ReadonlyMap<number, TtyFile>;
}

/** Slave or master? By the device number as the kernel has it for user space. */
export function isSlave({ rdev }: TtyInfoEntry): boolean {
  const major = (rdev >>> 8) & 0xfff;
  return major >= FIRST_SLAVE_MAJOR && major <= LAST_SLAVE_MAJOR;
}

/** Reads terminals, and refuses those that nothing here stands for. */
export function readTerminals(plan: Plan): Terminals {
  const { checkpoint, serviceDescriptors } = plan;
  const files = new Map<number, TtyFile>();
  const entries = [...checkpoint.files.values()].flatMap(({ tty }) => tty ?? []);
  if (entries.length === 0) return { pairs: [], files };
  const infos = new Map(checkpoint.values("tty_info").map((info) => [info.id, info]));
  for (const file of entries) {
    const info = infos.get(file.tty_info_id);
    if (info === undefined)
      plan.refuse({ what: `terminal ${file.id}`, why: "tty-info.img does not have it: the checkpoint is damaged" });
    else if (checkKind(plan, info)) files.set(file.id, { file, info });
  }
  const used = new Set([...files.values()].map(({ info }) => info));
  const ptys = [...used].filter(({ type }) => type === TTY_TYPE.PTY);
  const masters = ptys.filter((info) => !isSlave(info));
  for (const slave of ptys.filter(isSlave)) {
    if (masters.some((master) => master.pty?.index === slave.pty?.index)) continue;
    plan.refuse({
      what: `terminal /dev/pts/${slave.pty?.index}`,
      why: "its master is not in the checkpoint: it was the terminal of a shell",
      hint: "start the program in a session of its own, with setsid, or under a terminal multiplexer that is checkpointed with it",
    });
  }
  const queued = new Map(checkpoint.values("tty_data").map(({ tty_id, data }) => [tty_id, data]));
  const pairs = masters.flatMap((master) => {
    if (master.pty === undefined) return [];
    const { index } = master.pty;
    const slave = ptys.find((info) => isSlave(info) && info.pty?.index === index);
    return {
      index,
      master,
      slave: slave ?? master,
      shown: queued.get(master.id),
      typed: slave === undefined ? undefined : queued.get(slave.id),
      masterNumber: serviceDescriptors.reserve(`master of /dev/pts/${index}`),
      slaveNumber: serviceDescriptors.reserve(`slave /dev/pts/${index}`),
    };
  });
  return { pairs, files };
}

function checkKind(plan: Plan, { type, rdev, id }: TtyInfoEntry): boolean {
  if (type === TTY_TYPE.PTY || type === TTY_TYPE.CTTY) return true;
  const name = Object.keys(TTY_TYPE).find((name) => TTY_TYPE[name as keyof typeof TTY_TYPE] === type) ?? String(type);
  plan.refuse({
    what: `terminal ${id}`,
    why: `terminals of type ${name} (device 0x${rdev.toString(16)}) are not restored yet`,
  });
  return false;
}
