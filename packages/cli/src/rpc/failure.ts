import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import type { RestoreError } from "@restage/core";
import type { InputOf } from "@restage/images";
import type { Settings } from "../options/settings.ts";
import type { CriuResp } from "./messages.ts";

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
  return { type, success: false, cr_errno, cr_errmsg: message.slice(0, LONGEST_MESSAGE) };
}

/** Writes the line that container engines look for: their users see the last lines of the log with "Error" in them. */
export function logError({ logFile, workDirectory }: Settings, images: string, error: RestoreError): void {
  if (logFile === undefined || logFile === "-") return;
  appendFileSync(resolve(workDirectory ?? images, logFile), `Error (restage): ${error.message}\n`);
}
