import { definePlugin, type Plugin, STAGES } from "@restage/core";

/** Reports every transition of the coordinator and of each task. */
export function traceStages(print: (line: string) => void): Plugin {
  return definePlugin({
    name: "trace-stages",
    apply({ stages, commit, complete }) {
      for (const { name, participants } of STAGES) {
        stages[name].enter.tap("trace-stages", () => print(`${name} starts (${participants})`));
        stages[name].task.tap("trace-stages", (task) => print(`${name} ${task.name}`));
        stages[name].leave.tap("trace-stages", () => print(`${name} confirmed by all`));
      }
      commit.tap("trace-stages", () => print("commit"));
      complete.tap("trace-stages", ({ tree }) => print(`${tree.root.pid} runs`));
    },
  });
}
