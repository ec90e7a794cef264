import type { RestoreEvent, StageName } from "@restage/core";
import { counted } from "./counted.ts";
import { findingWithHint } from "./finding-text.ts";
import { MemoryBar } from "./memory-bar.ts";
import { print } from "./print.ts";
import type { Reporter } from "./report.ts";
import { CLEAR, type Colours, coloursFor } from "./terminal.ts";

const NAME_WIDTH = 20;
const COUNT_WIDTH = 12;
const TIME_WIDTH = 12;

/** Shows the stages to a person as they pass, one line each, with a bar while reading memory takes long, and a summary. */
export class StageView implements Reporter {
  readonly name = "the stages";
  readonly #colours: Colours = coloursFor(1);
  readonly #bar = new MemoryBar();
  readonly plugins = [this.#bar.plugin()];
  #started = 0;
  #tasks = 0;
  /** The current stage, and the number of its participants. */
  #stage: { readonly name: StageName; readonly count: string } | undefined;

  readonly listener = (event: RestoreEvent): void => {
    const { green, red, yellow } = this.#colours;
    switch (event.kind) {
      case "planned":
        this.#started = event.time;
        this.#tasks = event.tasks;
        for (const finding of event.findings) {
          if (finding.severity === "warning") print(`${yellow("!")} ${findingWithHint(finding)}\n`);
        }
        break;
      case "stage-started":
        this.#stage = { name: event.stage, count: counted(event.participants, "task") };
        this.#draw(" ", this.#stage.count, "\r");
        this.#bar.show((bar) => this.#draw(" ", bar, "\r"));
        break;
      case "stage-left":
        this.#leave(green("✓"), `${event.milliseconds.toFixed(1)} ms`);
        break;
      case "resumed": {
        const who = `${counted(this.#tasks, "task")}, ${counted(event.threads, "thread")}`;
        const time = (event.time - this.#started).toFixed(1);
        print(`${green("Restored")} ${who} in ${time} ms; the root task is ${event.pid}\n`);
        break;
      }
      case "failed":
        this.#leave(red("✗"), "");
        for (const left of event.left) print(`${yellow("!")} left: ${left}\n`);
        break;
    }
  };

  #leave(mark: string, time: string): void {
    this.#bar.hide();
    if (this.#stage !== undefined)
      this.#draw(mark, this.#stage.count.padEnd(COUNT_WIDTH), `${time.padStart(TIME_WIDTH)}\n`);
    this.#stage = undefined;
  }

  #draw(mark: string, what: string, end: string): void {
    print(`${mark} ${this.#stage?.name.padEnd(NAME_WIDTH)}${this.#colours.dim(what)}${CLEAR}${end}`);
  }
}
