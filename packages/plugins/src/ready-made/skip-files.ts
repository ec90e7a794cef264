import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { FileChecks } from "../files/file-validation/file-checks.ts";
import { readMountPaths } from "../namespaces/mount/mount-paths.ts";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { chosenFiles, chosenPaths, otherUses, unusedPaths } from "./chosen-files.ts";
import { knownOptions } from "./known-options.ts";
import { type IfMissing, reportMissing } from "./missing.ts";

/** What `skipFiles` does about paths that it does not find. */
export interface SkipFilesOptions {
  /** What happens if the tree uses no file at or below a path. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

/**
 * Accepts that files have changed or are gone: a log that grew, a cache that was cleaned. A file that changed is opened as it is now, at the recorded position. In
 * place of one that is gone, /dev/null is opened: it has nothing to read, and what is written to it is lost. A program, a library or a directory must not be
 * gone.
 *
 * @param paths of files, or of directories for everything below.
 * @example
 * ```ts
 * plugins: [skipFiles(["/var/log", "/tmp/cache.db"])]
 * ```
 */
export function skipFiles(paths: readonly string[], options: SkipFilesOptions = {}): Plugin {
  const { ifMissing = "refuse" } = knownOptions("skipFiles", options, { ifMissing: true });
  const chosen = chosenPaths(paths, "skipFiles");
  return definePlugin({
    name: "skip-files",
    uses: [FileChecks],
    apply({ plan, stages, openFile, service }) {
      const gone = new Set<number>();
      let findGone = () => {};
      let later: Plan | undefined;
      plan.tap({ name: "skip-files", before: "file-validation" }, (plan) => {
        const files = chosenFiles(plan, chosen);
        const uses = otherUses(plan);
        const mounts = readMountPaths(plan);
        for (const { id } of files) service(FileChecks).leaveOut(id);
        findGone = () => {
          for (const { id, name, mnt_id } of files) {
            if (plan.host.stat(mounts.outside(mnt_id) + name) !== "missing") continue;
            gone.add(id);
            const use = uses.get(id);
            if (use !== undefined) plan.refuse({ what: `file ${name}`, why: `it does not exist, and ${use}` });
          }
        };
        if (!hasOwnNamespace(plan.images, plan.tree.root, "mount")) findGone();
        else later = plan;
        reportMissing(plan, ifMissing, unusedPaths(chosen, files), "the tree uses no file there");
      });
      // The tree's own mounts exist.
      stages.PREPARE_NAMESPACES.leave.tap("skip-files", () => {
        if (later === undefined) return;
        findGone();
        later.assertRestorable();
      });
      openFile.for("REG").tap({ name: "skip-files", before: "regular-files" }, ({ task, entry: { reg } }) => {
        if (reg === undefined || !gone.has(reg.id)) return undefined;
        return task.call.openat(AT_FDCWD, "/dev/null", (reg.flags & (O.ACCMODE | O.NONBLOCK)) | O.CLOEXEC, 0);
      });
    },
  });
}
