import type { Plan } from "@restage/core";
import { type RegFileEntry, vmaStatus } from "@restage/images";
import { referencedFiles } from "../files/descriptors/referenced-files.ts";
import { isInherited } from "../files/inherited-file/inherited.ts";
import { readRemaps } from "../files/remaps.ts";
import { has } from "../memory/mappings/format.ts";

/** Whether a path is this one or below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top === "/" ? "/" : `${top}/`);
}

/** Paths that choose files, without slashes at their ends. */
export function chosenPaths(paths: readonly string[], plugin: string): readonly string[] {
  return paths.map((path) => {
    if (!path.startsWith("/")) throw new RangeError(`Cannot use ${path} in ${plugin}: expected an absolute path`);
    return path.replace(/(?<=.)\/+$/, "");
  });
}

/** The files with a path at or below one of these that tasks use, except deleted ones and those of the caller. */
export function chosenFiles(plan: Plan, paths: readonly string[]): readonly RegFileEntry[] {
  const remapped = new Set(readRemaps(plan.images).map(({ id }) => id));
  return [...referencedFiles(plan)].flatMap((id) => {
    const entry = plan.images.file(id, "a task");
    const { reg } = entry;
    if (reg === undefined || reg.ext === true || remapped.has(id) || isInherited(plan.options, entry)) return [];
    return paths.some((path) => isAtOrBelow(reg.name, path)) ? [reg] : [];
  });
}

/** The paths at or below which there is none of these files. */
export function unusedPaths(paths: readonly string[], files: readonly RegFileEntry[]): readonly string[] {
  return paths.filter((path) => !files.some(({ name }) => isAtOrBelow(name, path)));
}

/** Files that tasks use other than through descriptors, by id, each with its use. */
export function otherUses({ survivors }: Plan): ReadonlyMap<number, string> {
  const uses = new Map<number, string>();
  for (const { name, mm, fs } of survivors) {
    for (const vma of mm.vmas) {
      const isFile = has(vma, vmaStatus.VMA_FILE_PRIVATE | vmaStatus.VMA_FILE_SHARED);
      if (isFile) uses.set(Number(vma.shmid), `${name} has it mapped`);
    }
    uses.set(fs.cwd_id, `it is the working directory of ${name}`);
    uses.set(fs.root_id, `it is the root directory of ${name}`);
    uses.set(mm.exe_file_id, `it is the program of ${name}`);
  }
  return uses;
}
