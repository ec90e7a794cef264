import { type Host, output, type Plan, type RestoreOptions, type StubTask } from "@restage/core";
import type { TtyInfoEntry } from "@restage/images";
import { AT_FDCWD, O, PATH_MAX, TERMIOS, TTY, WINSIZE_SIZE } from "@restage/linux/abi";
import { externalName, nameOf } from "./tty-info.ts";

/** A terminal of this process that takes the place of one of the checkpoint. */
export interface CallersTerminal {
  readonly info: TtyInfoEntry;
  /** The descriptor of this process. */
  readonly descriptor: number;
  /** Its number in every task during the restore. */
  readonly number: number;
}

const STANDARD_INPUT = 0;

/** What --inherit-fd names. */
export function handOver(plan: Plan, info: TtyInfoEntry, descriptor: number): CallersTerminal {
  if (!isTerminal(plan.host, descriptor)) {
    const why = `descriptor ${descriptor}, which is to take its place (--inherit-fd), is no terminal of this process`;
    plan.refuse({ what: `terminal ${externalName(info)}`, why });
  }
  return { info, descriptor, number: plan.serviceDescriptors.reserve(`terminal ${info.id}`) };
}

/** The terminal of a shell's job is that of this process now. As with CRIU, it can be only one. */
export function takeStandardInput(plan: Plan, info: TtyInfoEntry, callers: Map<number, CallersTerminal>): void {
  if ([...callers.values()].some(({ descriptor }) => descriptor === STANDARD_INPUT)) {
    const hint = `hand another terminal over: --inherit-fd 'fd[N]:${externalName(info)}'`;
    plan.refuse({ what: nameOf(info), why: "it is the second terminal whose master is not in the checkpoint", hint });
    return;
  }
  if (!isTerminal(plan.host, STANDARD_INPUT)) {
    plan.refuse({
      what: nameOf(info),
      why: "it was the terminal of a shell, and standard input, which is to take its place (--shell-job), is no terminal",
      hint: `restore it in a terminal, or hand one over: --inherit-fd 'fd[N]:${externalName(info)}'`,
    });
    return;
  }
  const number = plan.serviceDescriptors.reserve(`terminal ${info.id}`);
  callers.set(info.id, { info, descriptor: STANDARD_INPUT, number });
}

function isTerminal(host: Host, descriptor: number): boolean {
  try {
    host.call.ioctl(descriptor, TTY.TCGETS, output(TERMIOS.size));
    return true;
  } catch {
    return false;
  }
}

/** Has this process a terminal under /dev/tty? As far as can be seen. */
export function hasControllingTerminal(host: Host): boolean {
  const stat = host.readText("/proc/self/stat");
  if (stat === undefined) return true;
  const [, , , , terminal] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return terminal !== "0";
}

/** The stub opens it, so that all tasks have it from the beginning, whatever they may see of this process later. */
export function openInStub(
  stub: StubTask,
  host: Host,
  { descriptor, number }: CallersTerminal,
  { unprivileged }: RestoreOptions,
): void {
  // Who has no privileges may not look into this process from a user namespace.
  const path = unprivileged ? pathOf(host, descriptor) : `/proc/${host.call.getpid().result}/fd/${descriptor}`;
  const terminal = stub.call.openat(AT_FDCWD, path, O.RDWR | O.NOCTTY | O.CLOEXEC, 0);
  stub.place(terminal, number, { cloexec: true });
}

/** Should the restore fail, the terminal gets the settings and the size back that it has now. */
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
