import { definePlugin, type Plugin, STAGES } from "@restage/core";

/** Reports every transition of the coordinator and of each task. */
export function traceStages(tell: (line: string) => void): Plugin {
  return definePlugin({
    name: "trace-stages",
    apply({ stages, commit, complete }) {
      for (const { name, participants } of STAGES) {
        stages[name].enter.tap("trace-stages", () => tell(`${name} starts (${participants})`));
        stages[name].task.tap("trace-stages", (task) => tell(`${name} ${task.name}`));
        stages[name].leave.tap("trace-stages", () => tell(`${name} confirmed by all`));
      }
      commit.tap("trace-stages", () => tell("commit"));
      complete.tap("trace-stages", ({ tree }) => tell(`${tree.root.pid} runs`));
    },
  });
}
