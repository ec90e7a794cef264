import type { DumpEvent, Dumped, DumpRequest, PhaseName } from "@restage/core";
import { byteSize } from "./byte-size.ts";
import { counted } from "./counted.ts";
import { print } from "./print.ts";
import { SaveBar } from "./save-bar.ts";
import { CLEAR, type Colours, coloursFor } from "./terminal.ts";

const NAME_WIDTH = 32;
const TIME_WIDTH = 12;
/** The bar appears only after this time, in milliseconds. */
const PATIENCE = 300;

/** Shows the phases of a checkpoint to a person as they pass, one line each, with a bar while saving memory takes long, and a summary. */
export class PhaseView {
  readonly #colours: Colours = coloursFor(1);
  readonly #started = performance.now();
  readonly #bar = new SaveBar();
  readonly plugins = [this.#bar.plugin()];
  #phase: PhaseName | undefined;

  readonly listener = (event: DumpEvent): void => {
    const { green, red } = this.#colours;
    switch (event.kind) {
      case "phase-started":
        this.#phase = event.phase;
        print(`  ${event.phase}${CLEAR}\r`);
        break;
      case "memory":
        if (event.time - this.#started > PATIENCE)
          print(`  ${(this.#phase ?? "memory").padEnd(NAME_WIDTH)}${this.#bar.print(event.bytes)}${CLEAR}\r`);
        break;
      case "saved":
        print(CLEAR);
        break;
      case "phase-left":
        this.#leave(green("✓"), `${event.milliseconds.toFixed(1)} ms`);
        break;
      case "failed":
        this.#leave(red("✗"), "");
        break;
    }
  };

  /** Says what was saved, and how large it is. */
  summarize({ tasks, frozen }: Dumped, { pid, images }: DumpRequest, bytes: number): void {
    const { green } = this.#colours;
    const what = `${counted(tasks.length, "task")} of process ${pid} in ${images}: ${byteSize(bytes)}`;
    const time = (performance.now() - this.#started).toFixed(1);
    print(`${green("Saved")} ${what} in ${time} ms; frozen for ${frozen.toFixed(1)} ms${CLEAR}\n`);
  }

  #leave(mark: string, time: string): void {
    if (this.#phase === undefined) print(CLEAR);
    else print(`${mark} ${this.#phase.padEnd(NAME_WIDTH)}${time.padStart(TIME_WIDTH)}${CLEAR}\n`);
    this.#phase = undefined;
  }
}
