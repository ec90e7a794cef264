import { definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { MAJOR, O, S_IF } from "@restage/linux/abi";
import { isMemfd } from "../../memory/memfd/format.ts";
import { regularEntry } from "./regular-entry.ts";

/** Saves files that have a path: regular files, directories, memory devices such as /dev/null, and files of any type opened with O_PATH. */
export function regularFiles(): Plugin {
  return definePlugin({
    name: "regular-files",
    duty: "regular-files",
    phases: { inspect: "describes files that have a path" },
    dump({ describeFile }) {
      describeFile.tap("regular-files", (file, context) => {
        if (!isRegular(file)) return undefined;
        const reg = regularEntry(file, context, file.id);
        // F_NOTIFY makes the caller the owner, and directories have no other signals.
        if ((file.stat.mode & S_IF.MT) === S_IF.DIR && reg.fown.pid !== 0)
          context.findings.refuse({
            what: `directory ${file.link}`,
            why: "it is watched with F_NOTIFY (dnotify), and the kernel does not tell for what",
            pid: file.task.pid,
          });
        if (isPressureTrigger(file))
          context.findings.refuse({
            what: `file ${file.link}`,
            why: "it can have a trigger of pressure stalls (PSI), and the kernel does not tell which one",
            hint: "close it before the checkpoint",
            pid: file.task.pid,
          });
        return { type: fdTypes.REG, reg };
      });
    },
  });
}

/** Whether a file is one of /proc/pressure, or of a cgroup, that is open to set a trigger. Reading needs no permission to write. */
function isPressureTrigger({ link, flags }: OpenFile): boolean {
  return PRESSURE.test(link) && (flags & O.ACCMODE) !== O.RDONLY && (flags & O.PATH) === 0;
}

const PRESSURE = /^\/proc\/pressure\/|\/(?:cpu|memory|io|irq)\.pressure$/;

function isRegular(file: OpenFile): boolean {
  const { link, stat, flags } = file;
  if (!link.startsWith("/") || isMemfd(file)) return false;
  if ((flags & O.PATH) !== 0) return true;
  const type = stat.mode & S_IF.MT;
  // null, zero, full, random, urandom and kmsg have no state of their own.
  if (type === S_IF.CHR) return stat.rdev >> 8n === BigInt(MAJOR.MEM);
  return type === S_IF.REG || type === S_IF.DIR;
}
