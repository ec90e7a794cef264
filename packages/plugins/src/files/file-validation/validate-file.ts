import type { Plan } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { S_IF } from "@restage/linux/abi";
import { readBuildId } from "./build-id.ts";

const PERMISSIONS = 0o777;
const WHOLE_MODE = 0o177777;

/**
 * Refuses a file when the one at `path` differs from the checkpoint's in type, size, mode or build-id.
 *
 * @param outside where this process finds it.
 */
export function validateFile(plan: Plan, file: RegFileEntry, path: string, outside = path): void {
  // A symbolic link itself was open (O_PATH): stat would follow it.
  if (file.mode !== undefined && (file.mode & S_IF.MT) === S_IF.LNK) return;
  const what = `file ${path}`;
  const now = plan.host.stat(outside);
  if (now === "unknown") return;
  if (now === "missing") {
    plan.refuse({
      what,
      why: "it does not exist",
      hint: "put it back, or use a plugin: remapPaths, createFiles or skipFiles",
      remedy: "machine",
    });
    return;
  }
  const isRegular = (now.mode & S_IF.MT) === S_IF.REG;
  // Images have no size of a file that was open for appending.
  if (file.size !== undefined && isRegular) {
    if (now.size === file.size) validateBuildId(plan, file, path, outside);
    else {
      plan.refuse({
        what,
        why: `its size is ${now.size} bytes, but was ${file.size} at the checkpoint`,
        hint: "put the file back as it was, or accept it with the plugin skipFiles",
        remedy: "machine",
      });
    }
  }
  if (file.mode !== undefined) validateMode(plan, file.mode, now.mode, what);
}

function validateMode(plan: Plan, recorded: number, now: number, what: string): void {
  const relevant = plan.options.skipFileRwxCheck ? WHOLE_MODE & ~PERMISSIONS : WHOLE_MODE;
  if ((recorded & relevant) === (now & relevant)) return;
  plan.refuse({
    what,
    why: `its mode is 0${now.toString(8)}, but was 0${recorded.toString(8)} at the checkpoint`,
    hint: "restore the mode with chmod, or accept changed permissions with --skip-file-rwx-check",
    remedy: "machine",
  });
}

/** Images store a build-id in 32-bit words, padded with zeros. */
function validateBuildId(plan: Plan, file: RegFileEntry, path: string, outside: string): void {
  if (plan.options.fileValidation !== "buildid" || file.build_id.length === 0) return;
  const found = readBuildId((offset, length) => plan.host.readBytes(outside, offset, length));
  if (found === "unknown") return;
  const recorded = hex(new Uint8Array(Uint32Array.from(file.build_id).buffer));
  const now = found === undefined ? undefined : hex(found);
  if (now !== undefined && recorded.startsWith(now) && /^0{0,6}$/.test(recorded.slice(now.length))) return;
  plan.refuse({
    what: `file ${path}`,
    why: `it has ${now === undefined ? "no build-id" : `build-id ${now}`}, but had ${recorded} at the checkpoint: it is a different build`,
    hint: "put the file back as it was, or compare only sizes with --file-validation filesize",
    remedy: "machine",
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
