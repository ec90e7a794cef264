import { RestoreError } from "../errors.ts";
import { whyUntrusted } from "./why-untrusted.ts";

/** Throws ERR_CONFIG unless only the caller and root decide what a file contains. */
export function assertTrusted(file: string): void {
  const distrust = whyUntrusted(file);
  if (distrust === undefined) return;
  const { path, why, hint } = distrust;
  const subject = path === file ? "it" : path;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${file}: ${subject} ${why}`, { hint });
}
