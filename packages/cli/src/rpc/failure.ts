import { resolve } from "node:path";
import type { RestoreError } from "@restage/core";
import type { InputOf } from "@restage/images";
import { writeOwnFile } from "../own-file.ts";
import { type CriuOpts, type CriuResp, REQUEST } from "./messages.ts";

/** Callers read answers of 8 KiB at most. */
const LONGEST_MESSAGE = 1024;
/** EBADRQC: what CRIU answers to options that it refuses. Source: include/uapi/asm-generic/errno.h. */
const BAD_REQUEST = 56;

/** The answer to a request that failed: what happened, as far as it fits. */
export function failure(type: number, error: RestoreError): InputOf<CriuResp> {
  const { code, syscall, hint } = error;
  const isRequest = code === "ERR_OPTION" || code === "ERR_CONFIG";
  const cr_errno = syscall?.errno ?? (isRequest ? BAD_REQUEST : 0);
  const message = hint === undefined ? error.message : `${error.message} (${hint})`;
  const answer = { type, success: false, cr_errno, cr_errmsg: message.slice(0, LONGEST_MESSAGE) };
  if (type === REQUEST.RESTORE) return { ...answer, restore: { pid: -1 } };
  return type === REQUEST.DUMP ? { ...answer, dump: { restored: false } } : answer;
}

/**
 * Writes the line that container engines look for: their users see the last lines of the log with "Error" in them. A log that cannot be written is not
 * another failure.
 */
export function logError({ log_file, work_dir_fd, images_dir_fd }: CriuOpts, peer: number, error: RestoreError): void {
  if (log_file === undefined || log_file === "-") return;
  const directory = `/proc/${peer}/fd/${work_dir_fd ?? images_dir_fd}`;
  try {
    writeOwnFile(resolve(directory, log_file), `Error (restage): ${error.describe()}\n`, "append");
  } catch {
    // The answer says what failed.
  }
}
