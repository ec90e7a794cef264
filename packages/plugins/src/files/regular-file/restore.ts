import { definePlugin, type Plugin } from "@restage/core";
import { OpenFiles } from "../open-files.ts";
import { FilePaths } from "./file-paths.ts";
import { flagsOfOpen, setPosition } from "./regular-file.ts";

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
        const fd = task.call.openat(...paths.locate(task, reg.id, "files.img"), flagsOfOpen(reg), 0);
        setPosition(task, fd, reg);
        return fd;
      });
    },
  });
}
