import { definePlugin, type Plugin } from "@restage/core";

/** Sets a stricter umask: only the tree's own user can access the files that it creates from now on. */
export function privateFiles(mask = 0o077): Plugin {
  return definePlugin({
    name: "private-files",
    // After the duty that restores the umask: taps of your plugins run after those of the defaults.
    needs: ["fs"],
    apply({ plan, stages }) {
      plan.tap("private-files", (plan) => {
        for (const { pid, fs } of plan.survivors) {
          const old = fs.umask ?? 0;
          if ((old & ~mask) === 0) continue;
          const why = `the mask ${mask.toString(8)} would allow what the task's own mask ${old.toString(8)} forbids`;
          plan.refuse({ what: "umask", why, pid, hint: "choose a stricter mask" });
        }
      });
      stages.RESTORE.task.tap("private-files", (task) => {
        if (task.survives) task.call.umask(mask);
      });
    },
  });
}
