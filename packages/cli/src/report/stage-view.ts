import type { RestoreEvent } from "@restage/core";
import { counted } from "./counted.ts";
import { MemoryBar } from "./memory-bar.ts";
import { print } from "./print.ts";
import type { Reporter } from "./report.ts";
import { coloursFor } from "./terminal.ts";

/** From here to the end of the line. */
const CLEAR = "\x1b[K";
const NAME_WIDTH = 20;

/** Shows a person the stages as they pass, a line each, a bar while memory takes long to read, and a summary. */
export function stageView(): Reporter {
  const { dim, green, yellow } = coloursFor(1);
  const bar = new MemoryBar();
  let started = 0;
  let tasks = 0;
  let participants = "";
  const listener = (event: RestoreEvent): void => {
    switch (event.kind) {
      case "planned":
        started = event.time;
        tasks = event.tasks;
        for (const { severity, what, why } of event.findings) {
          if (severity === "warning") print(`${yellow("!")} ${what}: ${why}\n`);
        }
        break;
      case "stage-started":
        participants = counted(event.participants, "task");
        print(`  ${event.stage.padEnd(NAME_WIDTH)}${dim(participants)}\r`);
        bar.show((text) => print(`  ${event.stage.padEnd(NAME_WIDTH)}${text}${CLEAR}\r`));
        break;
      case "stage-left": {
        bar.hide();
        const time = `${event.milliseconds.toFixed(1)} ms`;
        print(
          `${green("✓")} ${event.stage.padEnd(NAME_WIDTH)}${dim(participants.padEnd(12))}${time.padStart(12)}${CLEAR}\n`,
        );
        break;
      }
      case "resumed": {
        const time = (event.time - started).toFixed(1);
        print(
          `${green("Restored")} ${counted(tasks, "task")}, ${counted(event.threads, "thread")} in ${time} ms; the root task is ${event.pid}\n`,
        );
        break;
      }
      case "failed":
        bar.hide();
        print(CLEAR);
        for (const left of event.left) print(`${yellow("!")} left: ${left}\n`);
        break;
    }
  };
  return { name: "the stages", listener, plugins: [bar.plugin()], end: () => bar.hide() };
}
