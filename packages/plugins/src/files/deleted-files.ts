import { definePlugin, type Host, type Plan, type RestorePlugin } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { AT_FDCWD } from "@restage/linux/abi";
import { validateFile } from "./file-validation.ts";
import { checkGhost, createGhost, fillGhost, type GhostFile, readGhost } from "./ghost-files.ts";
import { OpenFiles } from "./open-files.ts";
import { referencedFiles } from "./referenced-files.ts";
import { regularFile } from "./regular-files.ts";
import { readRemaps, type Remap } from "./remaps.ts";
import { TemporaryNames } from "./temporary-names.ts";

/** A file that was open, mapped or a directory of a task when its name was gone. */
interface DeletedFile {
  readonly file: RegFileEntry;
  readonly remap: Remap;
  /** What it is made from: its image, or the link that the dump has left beside it. */
  readonly origin: GhostFile | string;
}

/**
 * Files without a name. They get theirs back for as long as tasks open them, then it is taken away again: /proc shows the old name, and
 * `(deleted)`. Ghosts had no name at all and are made anew from their images. For link remaps the dump has left a link beside the file; it
 * goes when the tree runs, as the restore could not be repeated without it.
 *
 * Tasks open them in FORKING (mapped files) and RESTORE.
 */
export function deletedFiles(): RestorePlugin {
  return definePlugin({
    name: "deleted-files",
    duty: "deleted-files",
    uses: [OpenFiles],
    stages: {
      FORKING: "deleted files get their names, as long as they are opened",
      RESTORE: "the names of deleted files are taken away again",
    },
    apply({ plan, stages, complete, service }) {
      let files: readonly DeletedFile[] = [];
      let names: TemporaryNames | undefined;
      plan.tap("deleted-files", (plan) => {
        files = readDeletedFiles(plan);
      });
      stages.FORKING.enter.tap("deleted-files", ({ host }) => {
        names = new TemporaryNames(host);
        for (const [id, path] of nameAll(host, files, names)) service(OpenFiles).substitute(id, path);
      });
      stages.RESTORE.leave.tap("deleted-files", () => names?.removeAll());
      complete.tap("deleted-files", ({ host }) => {
        for (const link of new Set(files.map(({ origin }) => origin))) {
          if (typeof link === "string") host.call.unlinkat(AT_FDCWD, link, 0);
        }
      });
    },
  });
}

/** Directories before what was in them. */
function readDeletedFiles(plan: Plan): readonly DeletedFile[] {
  const referenced = referencedFiles(plan);
  const files: DeletedFile[] = [];
  for (const remap of readRemaps(plan.checkpoint)) {
    if (!referenced.has(remap.id)) continue;
    const file = regularFile(plan.checkpoint, remap.id, "remap-fpath.img");
    const origin = originOf(plan, file, remap);
    if (origin !== undefined) files.push({ file, remap, origin });
  }
  return files.sort((a, b) => (a.file.name < b.file.name ? -1 : 1));
}

function originOf(plan: Plan, file: RegFileEntry, remap: Remap): GhostFile | string | undefined {
  switch (remap.kind) {
    case "ghost":
      checkGhost(plan, file, remap.source);
      return readGhost(plan.checkpoint, remap.source);
    case "link": {
      const link = regularFile(plan.checkpoint, remap.source, "remap-fpath.img").name;
      validateFile(plan, file, link);
      return link;
    }
    case "unknown":
      plan.refuse({ what: `deleted file ${file.name}`, why: "remap-fpath.img gives it a type that is none" });
      return undefined;
    default:
      return undefined;
  }
}

/** Gives every file its name, or one beside it. Files of one origin get links to one file. Returns the names by the files' ids. */
function nameAll(host: Host, files: readonly DeletedFile[], names: TemporaryNames): ReadonlyMap<number, string> {
  const known = new Map<string, string>();
  const named = new Map<number, string>();
  for (const { file, remap, origin } of files) {
    const source = `${remap.kind} ${remap.source}`;
    const same = `${source} ${file.name}`;
    const first = typeof origin === "string" ? origin : known.get(source);
    const name = known.get(same) ?? (first === undefined ? makeGhost(host, names, file.name, origin as GhostFile) : link(host, names, first, file.name));
    known.set(same, name);
    known.set(source, first ?? name);
    named.set(file.id, name);
  }
  return named;
}
