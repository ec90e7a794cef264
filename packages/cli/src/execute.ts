import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { RestoreError } from "@restage/core";
import { type LinuxKernel, SystemError } from "@restage/linux";

/**
 * Replaces this process by a program, which so becomes the parent of the tree. Returns only by throwing ERR_COMPLETE: the tree runs.
 *
 * @param words the program, found by PATH, and its arguments.
 */
export function execute(kernel: LinuxKernel, words: readonly string[]): never {
  const [name = ""] = words;
  try {
    return kernel.execute(find(name), words, process.env);
  } catch (error) {
    const why = error instanceof SystemError ? error.message : String(error);
    throw new RestoreError("ERR_COMPLETE", `The tree runs, but ${name} cannot be executed: ${why}`, { cause: error });
  }
}

function find(name: string): string {
  if (name.includes("/")) return name;
  for (const directory of (process.env["PATH"] ?? "").split(":")) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Try the next directory.
    }
  }
  return name;
}
