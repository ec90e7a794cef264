import { definePlugin, type Plugin, type RunStageName, type StageContext } from "@restage/core";

/**
 * A plugin that makes a restore fail on purpose at the end of a stage.
 *
 * @param look sees what the restore has made until then.
 */
export function failingAfter(stage: RunStageName, look: (context: StageContext) => void = () => {}): Plugin {
  return definePlugin({
    name: "failing",
    apply({ stages }) {
      stages[stage].leave.tap("failing", (context) => {
        look(context);
        throw new Error("on purpose");
      });
    },
  });
}
