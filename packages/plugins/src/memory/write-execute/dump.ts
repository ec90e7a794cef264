import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";

/** Whether a task is denied memory that is writable and executable (PR_SET_MDWE). In restage.img. */
export function denyWriteExecute(): Plugin {
  const what = "whether memory that is writable and executable is denied";
  return definePlugin({
    name: "deny-write-execute",
    duty: "deny-write-execute",
    phases: { query: `reads ${what}`, collect: `saves ${what}` },
    dump({ phases }) {
      const answers = new Answers<SeizedTask, Call>();
      phases.query.task.tap("deny-write-execute", (task) => {
        answers.keep(task, task.leader.call.prctl(PR.GET_MDWE, 0, 0, 0, 0));
      });
      phases.collect.task.tap("deny-write-execute", (task, { own }) => {
        const { result } = answers.of(task);
        if (result > 0) own.task(task.pid).deny_write_execute = result;
      });
    },
  });
}
