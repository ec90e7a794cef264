import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { ownerOf } from "../file-owner/dump.ts";
import { readPipe } from "../pipe-content/dump.ts";

/** Pipes with what is in them. */
export function pipes(): Plugin {
  return definePlugin({
    name: "pipes",
    duty: "pipes",
    dump({ phases, describeFile }) {
      describeFile.tap("pipes", (file, context) => {
        if (!isPipe(file)) return undefined;
        const { id, flags } = file;
        return {
          type: fdTypes.PIPE,
          pipe: { id, pipe_id: Number(file.stat.ino), flags, fown: ownerOf(file, context) },
        };
      });
      phases.write.tree.tap("pipes", (_tree, context) => {
        const saved = new Set<bigint>();
        for (const file of context.files.all.filter(isPipe)) {
          if (saved.has(file.stat.ino)) continue;
          saved.add(file.stat.ino);
          warnOfOutsiders(file, context);
          const { bytes, capacity } = readPipe(context, endsOf(file, context));
          const value = { pipe_id: Number(file.stat.ino), bytes: bytes.length, size: capacity };
          context.images.add("pipes_data", undefined, { value, extra: bytes });
        }
      });
    },
  });
}

function isPipe({ link, stat }: OpenFile): boolean {
  return (stat.mode & S_IF.MT) === S_IF.IFO && link.startsWith("pipe:");
}

function endsOf({ stat }: OpenFile, { files }: DumpContext): readonly OpenFile[] {
  return files.all.filter((file) => isPipe(file) && file.stat.ino === stat.ino);
}

/** An end that nobody in the tree has is somebody else's, or nobody's. */
function warnOfOutsiders(file: OpenFile, context: DumpContext): void {
  const ends = endsOf(file, context);
  const has = (way: number) => ends.some(({ flags }) => [way, O.RDWR].includes(flags & O.ACCMODE));
  if (has(O.RDONLY) && has(O.WRONLY)) return;
  const why = "its other end is outside the tree, if anywhere: give the restore another one with --inherit-fd";
  context.findings.warn({ what: file.link, why, pid: file.task.pid });
}
