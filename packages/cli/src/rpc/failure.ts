import { resolve } from "node:path";
import type { RestoreError } from "@restage/core";
import type { InputOf } from "@restage/images";
import { writeOwnFile } from "../own-file.ts";
import { type CriuOpts, type CriuResp, REQUEST } from "./messages.ts";
import { directoriesOf } from "./read-opts.ts";

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
 * Writes the line that container engines look for: they show their users the last lines of the log that contain "Error". Failing to write the log is not
 * another failure.
 */
export function logError(opts: CriuOpts, peer: number, error: RestoreError): void {
  if (opts.log_file === undefined || opts.log_file === "-") return;
  try {
    const { images, work = images } = directoriesOf(opts, peer);
    writeOwnFile(resolve(work, opts.log_file), `Error (restage): ${error.describe()}\n`, "append");
  } catch {
    // The answer says what failed.
  }
}
