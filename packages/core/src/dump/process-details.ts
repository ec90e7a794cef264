import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";

/** What /proc says of a process, of which ptrace does not tell. */
export interface ProcessDetails {
  /** /proc/PID/status by field; empty when the process is gone. */
  readonly status: ReadonlyMap<string, string>;
  readonly comm: string;
  /** PF_* flags of the kernel. */
  readonly flags: number;
  /** The signal that its parent gets at its end. */
  readonly exitSignal: number;
  /** Raw wait status of a zombie. */
  readonly exitCode: number;
  /** Addresses of prctl(PR_SET_MM), by their names there. */
  readonly addresses: Readonly<
    Record<
      | "start_code"
      | "end_code"
      | "start_stack"
      | "start_data"
      | "end_data"
      | "start_brk"
      | "arg_start"
      | "arg_end"
      | "env_start"
      | "env_end",
      bigint
    >
  >;
  /** Its ids, from the pid namespace of this /proc to its own. */
  readonly nsPids: readonly number[];
  readonly nsPgids: readonly number[];
  readonly nsSids: readonly number[];
}

/** Fields of /proc/PID/stat, counted from 1 as proc_pid_stat(5) does. */
const FIELD = {
  flags: 9,
  start_code: 26,
  end_code: 27,
  start_stack: 28,
  exit_signal: 38,
  start_data: 45,
  end_data: 46,
  start_brk: 47,
  arg_start: 48,
  arg_end: 49,
  env_start: 50,
  env_end: 51,
  exit_code: 52,
} as const;

/** Throws ERR_REFUSED when the process is gone. Addresses require the right to trace it. */
export function readDetails(host: Host, pid: number): ProcessDetails {
  const stat = host.readText(`/proc/${pid}/stat`, "utf8");
  if (stat === undefined) throw new RestoreError("ERR_REFUSED", `Process ${pid} is gone`, { pid });
  const status = readStatus(host, pid) ?? new Map<string, string>();
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const rest = stat
    .slice(close + 2)
    .trim()
    .split(" ");
  const field = (number: number) => rest[number - 3] ?? "0";
  const ids = (name: string) => (status.get(name) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const address = (name: keyof typeof FIELD) => BigInt(field(FIELD[name]));
  return {
    status,
    comm: stat.slice(open + 1, close),
    flags: Number(field(FIELD.flags)),
    exitSignal: Number(field(FIELD.exit_signal)),
    exitCode: Number(field(FIELD.exit_code)),
    addresses: {
      start_code: address("start_code"),
      end_code: address("end_code"),
      start_stack: address("start_stack"),
      start_data: address("start_data"),
      end_data: address("end_data"),
      start_brk: address("start_brk"),
      arg_start: address("arg_start"),
      arg_end: address("arg_end"),
      env_start: address("env_start"),
      env_end: address("env_end"),
    },
    nsPids: ids("NSpid"),
    nsPgids: ids("NSpgid"),
    nsSids: ids("NSsid"),
  };
}

/** The fields of /proc/PID/status by name; undefined when there is no such task. */
export function readStatus(host: Host, pid: number): ReadonlyMap<string, string> | undefined {
  const text = host.readText(`/proc/${pid}/status`);
  if (text === undefined) return undefined;
  return new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

/** Session and terminal of a process. */
export interface ProcessSession {
  readonly pid: number;
  readonly session: number;
  /** Number of the controlling terminal's device, 0 for none, and the foreground process group there, -1 for none. */
  readonly terminal: number;
  readonly foreground: number;
}

/** Every process of this /proc. */
export function* readProcesses(host: Host): Generator<ProcessSession> {
  for (const name of host.list("/proc") ?? []) {
    const stat = /^\d+$/.test(name) ? host.readText(`/proc/${name}/stat`) : undefined;
    if (stat === undefined) continue;
    const [, , , session, terminal, foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    yield { pid: Number(name), session: Number(session), terminal: Number(terminal), foreground: Number(foreground) };
  }
}
