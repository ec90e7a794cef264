import type { RecordedStep, RestoreEvent } from "@restage/core";
import { printProgram } from "@restage/core/internal";
import { counted } from "../report/counted.ts";
import { print } from "../report/print.ts";
import { printFinding } from "../report/print-finding.ts";
import type { Reporter } from "../report/report.ts";

/** Consecutive calls of one task, thread or the coordinator. */
interface PlanPart {
  readonly who: string;
  readonly steps: RecordedStep[];
  /** The calls of the coordinator, which has no programs. */
  readonly lines: string[];
}

/** Prints a plan for people: a heading for each stage, and below it each acting task in order, with the calls of each duty. */
export class PlanView implements Reporter {
  readonly name = "the plan";
  #parts: PlanPart[] = [];
  #tasks = 0;
  #calls = 0;
  #isComplete = false;

  readonly listener = (event: RestoreEvent): void => {
    switch (event.kind) {
      case "planned":
        this.#tasks = event.tasks;
        for (const finding of event.findings) print(`${printFinding(finding)}\n`);
        break;
      case "program":
        this.#partOf(event.target).steps.push(...event.steps);
        break;
      case "stage-left":
        this.#printParts(event.stage);
        break;
      case "left-out":
        print(`\n${event.hook}\n  left out in a dry run: ${event.taps.join(", ")}\n`);
        break;
      case "resumed":
        if (this.#parts.length > 0) this.#printParts("commit");
        this.#isComplete = true;
        break;
    }
  };

  end(): void {
    if (!this.#isComplete) return;
    print(`\n${counted(this.#tasks, "task")}, ${counted(this.#calls, "call")}; nothing was changed\n`);
  }

  /** Adds what the coordinator itself would do now. */
  addOfCoordinator(text: string): void {
    this.#calls++;
    this.#partOf("the coordinator").lines.push(text);
  }

  #partOf(who: string): PlanPart {
    const last = this.#parts.at(-1);
    if (last?.who === who) return last;
    const part = { who, steps: [], lines: [] };
    this.#parts.push(part);
    return part;
  }

  #printParts(heading: string): void {
    print(`\n${heading}\n`);
    for (const { who, steps, lines } of this.#parts) {
      this.#calls += steps.length;
      const own = lines.map((line) => `    ${line}\n`).join("");
      print(`  ${who}\n${own}${printDuties(steps)}`);
    }
    this.#parts = [];
  }
}

/** Prints steps, with a heading wherever the duty changes. */
function printDuties(steps: readonly RecordedStep[]): string {
  const calls = printProgram(steps);
  return steps
    .map(({ plugin }, index) => {
      const heading = plugin === steps[index - 1]?.plugin ? "" : `    ${plugin}\n`;
      return `${heading}      ${calls[index]}\n`;
    })
    .join("");
}
