import { type Host, output, type Plan, type RestoreOptions, type StubTask } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { AT_FDCWD, O, PATH_MAX, TERMIOS, TTY, WINSIZE_SIZE } from "@restage/linux/abi";
import { keepProc, type Location } from "../files/location.ts";
import { externalName, nameOf } from "./tty-info.ts";

/** A terminal of this process that replaces one of the checkpoint. */
export interface CallersTerminal {
  readonly info: TtyInfoEntry;
  /** The descriptor of this process. */
  readonly descriptor: number;
  /** Its number in every task during the restore. */
  readonly number: number;
  /** Where a task finds that in /proc. */
  readonly link: Location;
}

const STANDARD_INPUT = 0;

/** Takes the descriptor that --inherit-fd names. */
export function handOver(plan: Plan, info: TtyInfoEntry, descriptor: number): CallersTerminal {
  if (!isTerminal(plan.host, descriptor)) {
    const why = `descriptor ${descriptor}, which --inherit-fd gives for it, is not a terminal`;
    plan.refuse({ what: `terminal ${externalName(info)}`, why, remedy: "options" });
  }
  return callersTerminal(plan, info, descriptor);
}

/** Replaces the terminal of a shell job with standard input. As with CRIU, there can be only one such terminal. */
export function takeStandardInput(plan: Plan, info: TtyInfoEntry, callers: Map<number, CallersTerminal>): void {
  if ([...callers.values()].some(({ descriptor }) => descriptor === STANDARD_INPUT)) {
    const hint = `pass another terminal: --inherit-fd 'fd[N]:${externalName(info)}'`;
    plan.refuse({
      what: nameOf(info),
      why: "it is the second terminal whose master is not in the checkpoint",
      hint,
      remedy: "options",
    });
    return;
  }
  if (!isTerminal(plan.host, STANDARD_INPUT)) {
    plan.refuse({
      what: nameOf(info),
      why: "it was the terminal of a shell, but standard input, which replaces it (--shell-job), is not a terminal",
      hint: `restore in a terminal, or pass one: --inherit-fd 'fd[N]:${externalName(info)}'`,
      remedy: "options",
    });
    return;
  }
  callers.set(info.id, callersTerminal(plan, info, STANDARD_INPUT));
}

function callersTerminal(plan: Plan, info: TtyInfoEntry, descriptor: number): CallersTerminal {
  const number = plan.serviceDescriptors.reserve(`terminal ${info.id}`);
  return { info, descriptor, number, link: keepProc(plan)(`self/fd/${number}`) };
}

function isTerminal(host: Host, descriptor: number): boolean {
  try {
    host.call.ioctl(descriptor, TTY.TCGETS, output(TERMIOS.size));
    return true;
  } catch {
    return false;
  }
}

/** Whether this process has a controlling terminal; true if that is unknown. */
export function hasControllingTerminal(host: Host): boolean {
  const stat = host.readText("/proc/self/stat");
  if (stat === undefined) return true;
  const [, , , , terminal] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return terminal !== "0";
}

/** Opens the terminal in the stub, so that all tasks inherit it, even if they cannot see this process later. */
export function openInStub(
  stub: StubTask,
  host: Host,
  { descriptor, number }: CallersTerminal,
  { unprivileged }: RestoreOptions,
): void {
  // From a user namespace, the stub has no access to the descriptors of this process.
  const path = unprivileged ? pathOf(host, descriptor) : `/proc/${host.call.getpid().result}/fd/${descriptor}`;
  const terminal = stub.call.openat(AT_FDCWD, path, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
  stub.place(terminal, number, { cloexec: true });
}

/** Registers an undo that gives the terminal its present settings and size back. */
export function keepSettings(host: Host, { descriptor }: CallersTerminal): void {
  const settings = output(TERMIOS.size);
  const size = output(WINSIZE_SIZE);
  host.call.ioctl(descriptor, TTY.TCGETS, settings);
  host.call.ioctl(descriptor, TTY.TIOCGWINSZ, size);
  const path = pathOf(host, descriptor);
  host.undo((call) => {
    const terminal = call.openat(AT_FDCWD, path, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
    call.ioctl(terminal, TTY.TCSETS, { ...settings, output: false });
    call.ioctl(terminal, TTY.TIOCSWINSZ, { ...size, output: false });
    call.close(terminal);
  });
}

function pathOf(host: Host, descriptor: number): string {
  const path = output(PATH_MAX);
  const { result } = host.call.readlinkat(AT_FDCWD, `/proc/self/fd/${descriptor}`, path, PATH_MAX);
  return new TextDecoder().decode(path.bytes.subarray(0, result));
}
