import { definePlugin, type Plugin } from "@restage/core";

/** What a tree makes from now on is for its own user alone. A mask takes permissions away, as that of umask(2). */
export function privateFiles(mask = 0o077): Plugin {
  return definePlugin({
    name: "private-files",
    // The duty that puts back the umask of the checkpoint; taps of user plugins come after those of the defaults.
    needs: ["fs"],
    apply({ plan, stages }) {
      plan.tap("private-files", (plan) => {
        for (const { pid, fs } of plan.survivors) {
          const old = fs.umask ?? 0;
          if ((old & ~mask) === 0) continue;
          const why = `the mask ${mask.toString(8)} would give permissions that ${old.toString(8)} takes away`;
          plan.refuse({ what: "umask", why, pid, hint: "choose a stricter mask" });
        }
      });
      stages.RESTORE.task.tap("private-files", (task) => {
        if (task.survives) task.call.umask(mask);
      });
    },
  });
}
