import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { ownerOf } from "../file-owner/owner-of.ts";
import { contentToImage } from "../pipe-content/format.ts";
import { readPipe } from "../pipe-content/read-pipe.ts";

/** Saves pipes with their content and capacity. */
export function pipes(): Plugin {
  return definePlugin({
    name: "pipes",
    duty: "pipes",
    phases: { inspect: "describes pipes", write: "saves the content and capacity of pipes" },
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
          const content = readPipe(context, endsOf(file, context));
          if (content.packets !== undefined) context.own.file(file.id).packets = content.packets;
          context.images.add("pipes_data", undefined, contentToImage(Number(file.stat.ino), content));
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

/** Warns of a pipe whose reading or writing end is not open in the tree. */
function warnOfOutsiders(file: OpenFile, context: DumpContext): void {
  const ends = endsOf(file, context);
  const has = (way: number) => ends.some(({ flags }) => [way, O.RDWR].includes(flags & O.ACCMODE));
  if (has(O.RDONLY) && has(O.WRONLY)) return;
  const why = "its other end is not open in the tree";
  const hint = `pass a replacement at restore: --inherit-fd fd[N]:pipe:[${file.stat.ino}]`;
  context.findings.warn({ what: file.link, why, hint, pid: file.task.pid });
}
