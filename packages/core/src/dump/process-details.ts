import { readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { readStatus } from "@restage/linux";

/** What /proc says of a process, of which ptrace does not tell. */
export interface ProcessDetails {
  readonly comm: string;
  /** PF_* flags of the kernel. */
  readonly flags: number;
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
export function readDetails(pid: number): ProcessDetails {
  const stat = readFile(`/proc/${pid}/stat`, pid);
  const status = readStatus(pid);
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const rest = stat
    .slice(close + 2)
    .trim()
    .split(" ");
  const field = (number: number) => rest[number - 3] ?? "0";
  const ids = (name: string) => (status?.get(name) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const address = (name: keyof typeof FIELD) => BigInt(field(FIELD[name]));
  return {
    comm: stat.slice(open + 1, close),
    flags: Number(field(FIELD.flags)),
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

function readFile(path: string, pid: number): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new RestoreError("ERR_REFUSED", `Process ${pid} is gone`, { pid, cause: error });
  }
}
