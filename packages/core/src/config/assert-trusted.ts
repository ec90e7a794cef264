import { RestoreError } from "../errors.ts";
import { noteFile } from "./noted-files.ts";
import { whyUntrusted } from "./why-untrusted.ts";

/** Throws ERR_CONFIG unless only the caller and root can change a file. Notes the file, because the command depends on it. */
export function assertTrusted(file: string): void {
  noteFile(file);
  const distrust = whyUntrusted(file);
  if (distrust === undefined) return;
  const { path, why, hint } = distrust;
  const subject = path === file ? "it" : path;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${file}: ${subject} ${why}`, { hint });
}
