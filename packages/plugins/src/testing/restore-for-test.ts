import { type RestoredTree, type RestoreRequest, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "../default-restore-plugins.ts";

/** A restore for a test. */
export type TestRestore = Omit<RestoreRequest, "detached" | "sibling" | "newPidNamespace">;

/**
 * Restores a checkpoint on this machine, calls a function to look at the tree, and ends the tree, whether the function succeeds or fails. The tree gets a pid
 * namespace of its own, so no pid is in use, and no process is left. Files, ports and addresses are those of this machine.
 *
 * @param request without root, `unprivileged` is the default.
 * @param look is called when the tree runs. The pids are those of this process's pid namespace.
 * @returns what the function returns.
 * @throws RestoreError when the restore fails.
 * @example
 * ```ts
 * await restoreForTest({ images: "./checkpoint", plugins: [privateFiles()] }, ({ pid }) => {
 *   assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^Umask:\t0077$/m);
 * });
 * ```
 */
export async function restoreForTest<T>(
  request: TestRestore,
  look: (tree: RestoredTree) => T | Promise<T>,
): Promise<T> {
  const kernel = await openKernel();
  try {
    const unprivileged = process.geteuid?.() !== 0;
    const tree = await restore({ unprivileged, ...request, newPidNamespace: true }, kernel, defaultPlugins());
    try {
      return await look(tree);
    } finally {
      // The init of the namespace, without which the kernel ends every other task in it.
      process.kill(tree.child, "SIGKILL");
      await kernel.waitForExit(tree.child);
    }
  } finally {
    kernel.close();
  }
}
