import { definePlugin, type Plugin } from "@restage/core";
import { AT_FDCWD, O, SEEK } from "@restage/linux/abi";
import { OpenFiles } from "../open-files.ts";
import { FilePaths } from "./file-paths.ts";
import { flagsOfOpen } from "./regular-file.ts";

/** The position in images of a file that has none. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

/** RESTORE: opens regular files, directories and devices by path. Also provides the opening of executables and mapped files. */
export function regularFiles(): Plugin {
  return definePlugin({
    name: "regular-files",
    duty: "regular-files",
    provides: [OpenFiles],
    stages: { RESTORE: "opens files that have a path" },
    apply({ plan, openFile, provide }) {
      const paths = new FilePaths();
      plan.tap("regular-files", (plan) => paths.plan(plan));
      provide(OpenFiles, paths);
      openFile.for("REG").tap("regular-files", ({ task, entry: { reg } }) => {
        if (reg === undefined) return undefined;
        const fd = task.call.openat(AT_FDCWD, paths.path(task, reg.id, "files.img"), flagsOfOpen(reg), 0);
        const hasPosition = (reg.flags & O.PATH) === 0 && reg.pos !== NO_POSITION && reg.pos !== 0n;
        if (hasPosition) task.call.lseek(fd, reg.pos, SEEK.SET).expect(reg.pos);
        return fd;
      });
    },
  });
}
